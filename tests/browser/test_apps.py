"""Two apps as people build them, bundled by esbuild from npm's packages, are recognised for what they are."""

import functools
import hashlib
import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from gapprof.guard import Guard
from gapprof.records.settings import Settings
from gapprof.subject import zoo
from gapprof.watch import page as watch
from gapprof.watch.kept import Watched

pytestmark = pytest.mark.long

APPS = Path(__file__).parents[1] / "apps"
INSTALL = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
BUNDLE = ("npx", "--no-install", "esbuild", "--bundle", "--minify", "--format=esm", "--platform=browser")
PAGE = "<!doctype html><meta charset=utf-8><script type=module src=app.js></script>"
WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "sat", "on", "mat")
SENTENCE = (2, 5, 6, 7, 8, 5, 9, 3)
""""the cat sat on the mat" in these words, with what BERT puts around it."""


class Isolated(http.server.SimpleHTTPRequestHandler):
    """Serves as a careful owner would, and says nothing."""

    def end_headers(self) -> None:
        """Cross-origin isolated."""
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The apps' sources with what they are made of."""
    folder = tmp_path_factory.mktemp("packages") / "apps"
    shutil.copytree(APPS, folder, ignore=shutil.ignore_patterns("node_modules"))
    subprocess.run(INSTALL, cwd=folder, check=True, timeout=600)
    return folder


@pytest.fixture(scope="module")
def site(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a server with both apps, and its folder."""
    folder = tmp_path_factory.mktemp("site")
    own = packages / "node_modules/onnxruntime-web/dist"
    theirs = packages / "node_modules/@huggingface/transformers/node_modules/onnxruntime-web/dist"
    for app, dist in (("direct", own), ("transformers", theirs)):
        (folder / app / "ort").mkdir(parents=True)
        for file in dist.glob("ort-wasm-simd-threaded*"):
            shutil.copy(file, folder / app / "ort")
        (folder / app / "index.html").write_text(PAGE)
        target = f"--outfile={folder / app / 'app.js'}"
        subprocess.run([*BUNDLE, f"{app}.mjs", target], cwd=packages, check=True, timeout=120)
    shutil.copy(zoo.build("resnet20", folder), folder / "direct/cnn.onnx")
    _bert(folder / "transformers/models/bert-small")
    handler = functools.partial(Isolated, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", folder
        finally:
            server.shutdown()


def _bert(folder: Path) -> None:
    """As transformers.js expects a model: its configuration, its words, its weights."""
    (folder / "onnx").mkdir(parents=True)
    shutil.move(zoo.build("bert-small", folder), folder / "onnx/model.onnx")
    ids = {word: number for number, word in enumerate(WORDS)}
    special = {word: {"id": word, "ids": [ids[word]], "tokens": [word]} for word in ("[CLS]", "[SEP]")}
    before, after = ({"SpecialToken": {"id": word, "type_id": 0}} for word in special)
    files = {
        "config.json": {"model_type": "bert", "architectures": ["BertModel"], "hidden_size": 256},
        "tokenizer_config.json": {"tokenizer_class": "BertTokenizer", "model_max_length": 512},
        "tokenizer.json": {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [],
            "normalizer": {"type": "BertNormalizer", "lowercase": True},
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": {
                "type": "TemplateProcessing",
                "single": [before, {"Sequence": {"id": "A", "type_id": 0}}, after],
                "pair": [],
                "special_tokens": special,
            },
            "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
            "model": {
                "type": "WordPiece",
                "unk_token": "[UNK]",
                "continuing_subword_prefix": "##",
                "max_input_chars_per_word": 100,
                "vocab": ids,
            },
        },
    }
    for name, content in files.items():
        (folder / name).write_bytes(msgspec.json.encode(content))


def watched(site: tuple[str, Path], app: str, guard: Guard, workdir: Path) -> Watched:
    settings = Settings(page=f"{site[0]}/{app}/index.html")
    return watch.watched(settings, guard=guard, workdir=workdir, observer=lambda _: None)


def test_an_app_on_onnxruntime_web_that_pins_its_threads(
    site: tuple[str, Path], guard: Guard, tmp_path: Path
) -> None:
    found = watched(site, "direct", guard, tmp_path)
    seen = found.seen
    assert seen.isolated
    assert (seen.threads, seen.asked_threads) == (1, 1)
    (pinned,) = seen.pins
    assert "/direct/app.js:" in pinned.by[0]
    (wasm,) = seen.wasm
    assert (wasm.version, wasm.simd) == ("1.30.0", True)
    assert wasm.url.endswith("/ort-wasm-simd-threaded.wasm")
    assert seen.session.sha256 == hashlib.sha256((site[1] / "direct/cnn.onnx").read_bytes()).hexdigest()
    assert len(seen.session.runs_ms) >= watch.ENOUGH_RUNS


def test_an_app_on_transformers_js(site: tuple[str, Path], guard: Guard, tmp_path: Path) -> None:
    found = watched(site, "transformers", guard, tmp_path)
    seen = found.seen
    assert seen.isolated
    assert seen.asked_threads is None
    (wasm,) = seen.wasm
    assert wasm.version.startswith("1.")
    assert wasm.url.endswith("/ort-wasm-simd-threaded.asyncify.wasm")
    model = site[1] / "transformers/models/bert-small/onnx/model.onnx"
    assert seen.session.sha256 == hashlib.sha256(model.read_bytes()).hexdigest()
    assert found.kept.inputs is not None
    with np.load(found.kept.inputs) as fed:
        assert sorted(fed) == ["attention_mask", "input_ids", "token_type_ids"]
        assert tuple(fed["input_ids"][0]) == SENTENCE
        assert fed["attention_mask"].all()
