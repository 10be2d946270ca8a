"""An app as somebody has it: the library and its models beside a page, and that page watched."""

import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import onnx
import pytest
from onnx.external_data_helper import convert_model_to_external_data

from gapprof import assets
from gapprof.errors import ModelUnusable
from gapprof.guard import Guard
from gapprof.records.progress import Progress
from gapprof.records.settings import Settings
from gapprof.watch import page as watch
from gapprof.watch.kept import Watched
from gapprof.watch.listening import Listener
from tests.browser.served import answering

Watch = Callable[..., Watched]
MOST_S, QUIET_S = 240.0, 60.0
"""Until a page must have run its model, and between two runs: pages of these tests run it again and again."""
HURRIED = {"_LEAST_S": 0.25, "_LOOK_S": 0.05, "MOST_S": MOST_S, "QUIET_S": QUIET_S, "LEAST_MS": 0.0}
"""Of the watching: no claim about a model and its runs needs more, whatever the machine; one that seldom runs
its model is watched longer anyway."""
STAYS = "/* and so it stays */"
"""In a script: here nothing more comes."""
STAYING = """{
  const told = new XMLHttpRequest();
  told.open('GET', '%s', false);
  try { told.send(); } catch {}
}"""
"""What stands there: it goes on once that address has been asked, which need not answer to pages."""
LIBRARY = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
PREPARE = """
import * as ort from "./ort.wasm.bundle.min.mjs";
ort.env.wasm.wasmPaths = new URL("./", globalThis.location.href).href;
const values = Float32Array.from({ length: 96 * 96 }, (_, at) => (at % 17) / 17);
const feeds = () => ({ x: new ort.Tensor("float32", values, [96, 96]) });
const pause = () => new Promise((done) => setTimeout(done, 5));
"""
FOREVER = """
const session = await ort.InferenceSession.create("./tiny.onnx", { graphOptimizationLevel: "extended" });
for (;;) { await session.run(feeds()); await pause(); }
"""


def laid_out(folder: Path, model_folder: Path) -> Path:
    """A new folder with the library and the tiny model."""
    folder.mkdir()
    for name in LIBRARY:
        shutil.copy(assets.web_dist() / name, folder)
    shutil.copy(model_folder / "tiny.onnx", folder)
    return folder


def heard(
    site: Path,
    script: str,
    *,
    guard: Guard,
    workdir: Path,
    file: str = "app.mjs",
    page: str = "",
    looked_ms: float = 0.0,
    **given: object,
) -> Watched:
    """Watch a page that loads that module. `looked_ms`: over how much of its main thread's time."""
    (site / file).write_text(script)
    (site / "index.html").write_text(page or f'<!doctype html><script type=module src="{file}"></script>')
    settings = Settings(page=str(site / "index.html"), **given)
    told: list[Progress] = []
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**HURRIED, "LEAST_MS": looked_ms}.items():
            patch.setattr(watch, name, value)
        return watch.watched(settings, guard=guard, workdir=workdir, observer=told.append)


def in_folders_of_their_own(
    model_folder: Path, tmp_path_factory: pytest.TempPathFactory, guard: Guard
) -> Watch:
    """The same for one page after the other, each beside three models."""

    def run(script: str, *, beside: Mapping[str, str] = {}, **how: object) -> Watched:
        folder = tmp_path_factory.mktemp("watched")
        site = laid_out(folder / "site", model_folder)
        with_other_models(site)
        for name, text in beside.items():
            (site / name).write_text(text)
        return heard(site, script, guard=guard, workdir=folder, **how)

    return run


def given_up(
    site: Path, script: str, *, guard: Guard, workdir: Path, page: str = "", **given: object
) -> ModelUnusable:
    """What is said of a page that runs no model, watched until nothing more comes of it.

    It says so itself, by `STAYS`; whoever begins to listen from then on hears all that there is to hear.
    """
    stays, listen = threading.Event(), Listener.listen
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watch, "MOST_S", MOST_S)

        async def listened(self: Listener) -> bool:
            last = stays.is_set()
            news = await listen(self)
            if last:
                patch.setattr(watch, "MOST_S", 0.0)
            return news

        patch.setattr(Listener, "listen", listened)
        with asked(stays.set) as address:
            texts = [text.replace(STAYS, STAYING % address) for text in (script, page)]
            with pytest.raises(ModelUnusable) as told:
                heard(site, texts[0], guard=guard, workdir=workdir, page=texts[1], **given)
    return told.value


@contextmanager
def asked(then: Callable[[], None]) -> Iterator[str]:
    """The address of a server that does that whenever it is asked for anything."""

    def nothing(request: BaseHTTPRequestHandler) -> None:
        then()
        request.send_response(204)
        request.end_headers()

    with answering(nothing) as address:
        yield address


def with_other_models(site: Path) -> None:
    """A model that is quick, and the tiny one with its weights in a file beside it."""
    model = onnx.load(site / "tiny.onnx")
    negate = onnx.helper.make_node("Neg", ["x"], ["y"])
    graph = onnx.helper.make_graph([negate], "quick", model.graph.input, model.graph.output)
    opsets = [onnx.helper.make_opsetid("", 17)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opsets, ir_version=8), site / "other.onnx")
    convert_model_to_external_data(model, location="tiny.data", size_threshold=0)
    onnx.save(model, site / "split.onnx")
