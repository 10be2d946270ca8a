"""Two apps as people build them, bundled by esbuild from npm's packages, are recognised for what they are."""

import functools
import hashlib
import http.server
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pytest

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.explain.report import build
from gapprof.guard import Guard
from gapprof.measure.machine import usable_cores
from gapprof.records.codec import decode_report
from gapprof.records.report import Report
from gapprof.records.sections.observed import ObservedPage
from gapprof.records.settings import Settings
from gapprof.records.surface import Surface
from gapprof.subject import zoo
from gapprof.subject.zoo import bert_small
from gapprof.terminal.sheet import drawn
from gapprof.watch import page as watch
from tests.browser.served import in_background
from tests.browser.watched_page import HURRIED
from tests.truth.recorder import record

ROOT = Path(__file__).parents[2]
APPS = ROOT / "tests/apps"
TRANSFORMERS = "@huggingface/transformers"
INSTALL = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
BUNDLE = ("--bundle", "--minify", "--format=esm", "--platform=browser")
PAGE = "<!doctype html><meta charset=utf-8><script type=module src=app.js></script>"
WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "sat", "on", "mat")
MODELS = {"direct": "direct/cnn.onnx", "transformers": "transformers/models/bert-small/onnx/model.onnx"}
"""App → its model, below the server's folder."""
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
    bundler = shutil.which("esbuild", path=packages / "node_modules/.bin")
    assert bundler is not None
    own = packages / "node_modules/onnxruntime-web/dist"
    theirs = packages / f"node_modules/{TRANSFORMERS}/node_modules/onnxruntime-web/dist"
    for app, dist in (("direct", own), ("transformers", theirs)):
        (folder / app / "ort").mkdir(parents=True)
        for file in dist.glob("ort-wasm-simd-threaded*"):
            (folder / app / "ort" / file.name).hardlink_to(file)
        (folder / app / "index.html").write_text(PAGE)
        target = f"--outfile={folder / app / 'app.js'}"
        subprocess.run([bundler, *BUNDLE, f"{app}.mjs", target], cwd=packages, check=True, timeout=600)
    shutil.copy(zoo.build("resnet20", folder), folder / MODELS["direct"])
    _bert(folder / "transformers/models/bert-small")
    handler = functools.partial(Isolated, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    with in_background(server):
        yield f"http://127.0.0.1:{server.server_port}", folder


def _bert(folder: Path) -> None:
    """As transformers.js expects a model: its configuration, its words, its weights; of one layer."""
    (folder / "onnx").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bert_small, "VOCABULARY", len(WORDS))
        patch.setattr(bert_small, "LAYERS", 1)
        bert_small.save(folder / "onnx/model.onnx")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a report says of an app: what was seen of it, its settings, and its text on one line."""

    report: Report
    text: str
    inputs: Path | None = None

    @property
    def page(self) -> ObservedPage:
        assert self.report.observed is not None
        return self.report.observed


def address(site: tuple[str, Path], app: str) -> str:
    return f"{site[0]}/{app}/index.html"


@pytest.fixture(scope="module")
def told(
    site: tuple[str, Path], tmp_path_factory: pytest.TempPathFactory, guard: Guard
) -> Callable[[str], Told]:
    """An app watched, and told as a report would that has the ladder of a synthetic machine beside it."""

    @functools.cache
    def of(app: str) -> Told:
        asked = Settings(page=address(site, app))
        with pytest.MonkeyPatch.context() as patch:
            for name, value in HURRIED.items():
                patch.setattr(watch, name, value)
            workdir = tmp_path_factory.mktemp(app)
            found = watch.watched(asked, guard=guard, workdir=workdir, observer=lambda _: None)
        recording = record(
            Machine(latency_ms=ladder_ms({"web-worker": 4.0})),
            found.settings(asked),
            page_threads=found.seen.threads or 1,
        )
        report = build(msgspec.structs.replace(recording, entries=(found.seen, *recording.entries)))
        drawing = drawn(report, Surface(width=160, colour=False, unicode=True))
        return Told(report=report, text=" ".join(drawing.split()), inputs=found.kept.inputs)

    return of


def locked(package: str) -> str:
    """The version that npm was told to install."""
    lock = msgspec.json.decode((APPS / "package-lock.json").read_bytes())
    return str(lock["packages"][f"node_modules/{package}"]["version"])


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_an_app_on_onnxruntime_web_that_pins_its_threads(
    site: tuple[str, Path], told: Callable[[str], Told]
) -> None:
    page, text, settings = told("direct").page, told("direct").text, told("direct").report.settings
    version = locked("onnxruntime-web")
    assert page.isolated
    assert (page.version, page.build, page.known_by, page.simd) == (version, "plain", "hash", True)
    assert page.shared_memory
    assert page.wasm_url.endswith("/ort-wasm-simd-threaded.wasm")
    assert (page.threads, page.threads_asked) == (1, 1)
    assert "/direct/app.js:" in page.threads_by[0]
    assert page.where == "main"
    assert page.model_sha256 == digest(site[1] / MODELS["direct"])
    assert page.fed
    options = {one.name: (one.value, one.fed) for one in page.session_options if one.value != one.default}
    assert options == {"graphOptimizationLevel": ("extended", True), "enableCpuMemArena": ("true", True)}
    assert settings.session_options == {"graphOptimizationLevel": "extended", "enableCpuMemArena": "true"}
    assert settings.threads == 1
    assert "It runs cnn.onnx" in text
    assert f"Its wasm is the plain build of onnxruntime-web {version} with SIMD, on shared memory." in text
    assert f"known by its hash, {page.wasm_sha256[:12]}: gapprof has the same file." in text
    assert "It is cross-origin isolated; the page asks for one thread (set at " in text
    assert "/direct/app.js:" in text
    assert "graphOptimizationLevel extended (default all); enableCpuMemArena true (default false)." in text


def test_an_app_on_transformers_js(site: tuple[str, Path], told: Callable[[str], Told]) -> None:
    page, text = told("transformers").page, told("transformers").text
    version, *_ = locked(f"{TRANSFORMERS}/node_modules/onnxruntime-web").split("-")
    assert page.isolated
    assert (page.version, page.build, page.known_by, page.simd) == (version, "asyncify", "texts", True)
    assert page.shared_memory
    served = site[1] / "transformers/ort/ort-wasm-simd-threaded.asyncify.wasm"
    assert page.wasm_url.endswith(f"/{served.name}")
    assert page.wasm_sha256 == digest(served)
    threads = max(1, min(4, (usable_cores() + 1) // 2))
    assert (page.threads, page.threads_asked) == (threads, None)
    assert page.where == "main"
    assert page.model_sha256 == digest(site[1] / MODELS["transformers"])
    assert page.fed
    options = {one.name: (one.value, one.fed) for one in page.session_options if one.value != one.default}
    assert options == {"logSeverityLevel": ("3", True)}
    assert "It runs model.onnx" in text
    assert f"Its wasm is the asyncify build of onnxruntime-web {version} with SIMD, on shared memory." in text
    assert f"gapprof has no file with its hash, {page.wasm_sha256[:12]}." in text
    assert "It is cross-origin isolated; onnxruntime-web's own rule gave it " in text
    assert "Options of its session that are not onnxruntime-web's defaults: logSeverityLevel 3" in text


def test_what_transformers_js_makes_of_a_sentence_is_what_the_model_is_fed_with(
    told: Callable[[str], Told],
) -> None:
    inputs = told("transformers").inputs
    assert inputs is not None
    with np.load(inputs) as fed:
        assert sorted(fed) == ["attention_mask", "input_ids", "token_type_ids"]
        assert tuple(fed["input_ids"][0]) == SENTENCE
        assert fed["attention_mask"].all()


@pytest.mark.long
@pytest.mark.parametrize("app", ["direct", "transformers"])
def test_the_ladder_is_about_the_model_of_the_app(
    site: tuple[str, Path], told: Callable[[str], Told], app: str, tmp_path: Path
) -> None:
    whole, watched = explained(site, app, tmp_path), told(app)
    assert whole.report.model.sha256 == whole.page.model_sha256 == watched.page.model_sha256
    assert whole.report.latency_ms.web is not None
    assert whole.page.session_options == watched.page.session_options
    asked, wanted = whole.report.settings, watched.report.settings
    assert (asked.session_options, asked.threads) == (wanted.session_options, wanted.threads)
    assert f"It runs {Path(MODELS[app]).name}" in whole.text


def explained(site: tuple[str, Path], app: str, workdir: Path) -> Told:
    """As a person has it, with as little measured of the ladder as can be."""
    json = workdir / "report.json"
    command = [sys.executable, "-m", "gapprof", "explain", "--page", address(site, app)]
    options = ["--budget", "1", "--rungs", "ends", "--allow-noisy", "--no-color", "--json", str(json)]
    recording = ["--recording", str(workdir / "recording.jsonl")]
    done = subprocess.run(
        [*command, *options, *recording],
        cwd=workdir,
        env={**os.environ, "COLUMNS": "160", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=1200,  # where something else measures, it waits
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Told(
        report=decode_report(json.read_bytes(), source="report.json"), text=" ".join(done.stdout.split())
    )
