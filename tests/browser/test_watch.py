"""Pages that run a model by themselves: what is heard of them is what they were written to do."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx.external_data_helper import convert_model_to_external_data

from gapprof import assets
from gapprof.errors import EnvironmentUnusable, ModelUnusable
from gapprof.facts.session_options import DEFAULTS
from gapprof.guard import Guard
from gapprof.measure.machine import usable_cores
from gapprof.records.progress import Progress
from gapprof.records.settings import Settings
from gapprof.watch import page as watch
from gapprof.watch.kept import Watched
from tests.browser.conftest import SIZE

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
Watch = Callable[..., Watched]


@pytest.fixture
def site(tmp_path: Path, model_folder: Path) -> Path:
    """The library and the model, as an app has them beside its page."""
    folder = tmp_path / "site"
    folder.mkdir()
    for name in LIBRARY:
        shutil.copy(assets.web_dist() / name, folder)
    shutil.copy(model_folder / "tiny.onnx", folder)
    return folder


@pytest.fixture
def watched(site: Path, guard: Guard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Watch a page that loads that module."""
    monkeypatch.setattr(watch, "QUIET_S", 2.0)

    def run(
        script: str, *, file: str = "app.mjs", page: str = "", most_s: float = 30.0, **given: object
    ) -> Watched:
        monkeypatch.setattr(watch, "MOST_S", most_s)
        (site / file).write_text(script)
        (site / "index.html").write_text(page or f'<!doctype html><script type=module src="{file}"></script>')
        settings = Settings(page=str(site / "index.html"), **given)
        heard: list[Progress] = []
        return watch.watched(settings, guard=guard, workdir=tmp_path, observer=heard.append)

    return run


def test_the_model_the_inputs_and_the_runs_of_a_page_are_heard(watched: Watch, site: Path) -> None:
    found = watched(f"{PREPARE}ort.env.wasm.numThreads = 1;{FOREVER}")
    seen, session = found.seen, found.seen.session
    assert session.where == "main"
    assert len(session.runs_ms) >= watch.ENOUGH_RUNS
    assert all(ms > 0 for ms in session.runs_ms)
    model = (site / "tiny.onnx").read_bytes()
    assert session.sha256 == hashlib.sha256(model).hexdigest()
    assert found.kept.model.read_bytes() == model
    assert found.kept.model.name == "tiny.onnx"
    assert session.url == "page/tiny.onnx"
    assert session.optimisation == 2
    (wasm,) = seen.wasm
    assert wasm.sha256 == hashlib.sha256((site / LIBRARY[2]).read_bytes()).hexdigest()
    assert (wasm.version, wasm.build, wasm.known_by, wasm.simd) == ("1.30.0", "plain", "hash", True)
    assert session.shared_memory is True
    assert found.kept.inputs is not None
    with np.load(found.kept.inputs) as fed:
        wanted = (np.arange(SIZE * SIZE) % 17 / 17).astype(np.float32).reshape(SIZE, SIZE)
        assert np.array_equal(fed["x"], wanted)
    assert not seen.troubles


def test_a_session_that_nobody_gave_options_has_the_librarys_defaults(watched: Watch) -> None:
    """As `lib/wasm/session-options.ts` has them: a release that changes one fails here."""
    plain = FOREVER.replace(', { graphOptimizationLevel: "extended" }', "")
    found = watched(PREPARE + plain)
    assert {one.name: one.value for one in found.seen.session.options} == DEFAULTS
    assert found.settings(Settings()).session_options == {}


def test_every_option_of_a_session_is_heard_by_its_name(watched: Watch) -> None:
    options = """{
  executionProviders: ["wasm"], graphOptimizationLevel: "basic", enableCpuMemArena: true,
  enableMemPattern: true, executionMode: "parallel", enableProfiling: true, logId: "mine",
  logSeverityLevel: 3, logVerbosityLevel: 1,
  freeDimensionOverrides: { batch: 2 }, extra: { session: { intra_op: { allow_spinning: "0" } } },
}"""
    found = watched(PREPARE + FOREVER.replace('{ graphOptimizationLevel: "extended" }', options))
    told = {one.name: one.value for one in found.seen.session.options}
    assert told == {
        **DEFAULTS,
        "graphOptimizationLevel": "basic",
        "enableCpuMemArena": "true",
        "enableMemPattern": "true",
        "executionMode": "parallel",
        "enableProfiling": "true",
        "logId": "mine",
        "logSeverityLevel": "3",
        "logVerbosityLevel": "1",
        "freeDimensionOverrides.batch": "2",
        "session.intra_op.allow_spinning": "0",
    }
    fed = found.settings(Settings()).session_options
    assert set(told) - set(fed) - {name for name in told if told[name] == DEFAULTS.get(name)} == {
        "enableProfiling",
        "logId",
    }


def test_the_ladders_session_is_made_with_the_same_options(
    watched: Watch, site: Path, tmp_path: Path, guard: Guard
) -> None:
    """The page's options, fed to gapprof's own page, are heard there by the same observer."""
    options = """{
  graphOptimizationLevel: "basic", enableCpuMemArena: true, enableMemPattern: true, logSeverityLevel: 3,
  freeDimensionOverrides: { batch: 2 }, extra: { session: { intra_op: { allow_spinning: "0" } } },
}"""
    found = watched(PREPARE + FOREVER.replace('{ graphOptimizationLevel: "extended" }', options))
    fed = found.settings(Settings()).session_options
    assert len(fed) == 6
    aside = shutil.ignore_patterns("node_modules", "pages", "probes")
    shutil.copytree(assets.probes_web(), site, ignore=aside, dirs_exist_ok=True)
    task = json.dumps(
        {
            "optimise": True,
            "where": "main",
            "spinning": "default",
            "provider": "wasm",
            "session": [{"name": name, "value": value} for name, value in fed.items()],
        }
    )
    ours = f"""
import {{ createSession }} from "./runtime.mjs";
const model = new Uint8Array(await (await fetch("./tiny.onnx")).arrayBuffer());
const session = await createSession(ort, {task}, {{ model, externalData: [] }});
for (;;) {{ await session.run(feeds()); await pause(); }}
"""
    (tmp_path / "page").rename(tmp_path / "before")
    heard = watched(PREPARE + ours, file="ours.mjs").seen.session
    assert heard.options == found.seen.session.options


def test_shared_memory_is_the_librarys_own(watched: Watch, site: Path) -> None:
    """1.18 without isolation takes a build without threads; a memory of the page's own does not count."""
    folder = assets.web_dist_118()
    shutil.copy(folder / "esm/ort.wasm.min.js", site / "old.mjs")
    for name in ("ort-wasm-simd.wasm", "ort-wasm-simd-threaded.wasm"):
        shutil.copy(folder / name, site)
    script = PREPARE.replace("./ort.wasm.bundle.min.mjs", "./old.mjs") + (
        "globalThis.own = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true });" + FOREVER
    )
    seen = watched(script, isolation=False).seen
    assert any(one.shared for one in seen.memories)
    assert seen.session.shared_memory is False
    (wasm,) = seen.wasm
    assert (wasm.version, wasm.build, wasm.known_by) == ("1.18.0", "plain", "hash")


def test_who_pinned_the_number_of_threads_is_told_with_the_place(watched: Watch) -> None:
    seen = watched(f"{PREPARE}\nort.env.wasm.numThreads = 1;{FOREVER}").seen
    assert seen.isolated
    assert (seen.threads, seen.asked_threads) == (1, 1)
    (pinned,) = seen.pins
    assert pinned.by[0] == f"page/app.mjs:{PREPARE.count(chr(10)) + 2}:25"


def test_a_page_that_leaves_it_to_the_library_gets_its_own_rule(watched: Watch) -> None:
    found = watched(f"{PREPARE}{FOREVER}")
    assert found.seen.asked_threads is None
    assert found.seen.threads == min(4, (usable_cores() + 1) // 2)
    assert found.settings(Settings()).threads is None


def test_threads_that_a_page_cannot_have_are_told_from_those_it_asks_for(watched: Watch) -> None:
    found = watched(f"{PREPARE}ort.env.wasm.numThreads = 16;{FOREVER}", isolation=False)
    assert not found.seen.isolated
    assert (found.seen.threads, found.seen.asked_threads) == (1, 16)
    ladder = found.settings(Settings(page="anything"))
    assert (ladder.page, ladder.isolation, ladder.threads) == ("quiet", False, 16)


def test_a_worker_of_the_page_is_heard_from_its_first_line_on(watched: Watch, site: Path) -> None:
    (site / "worker.mjs").write_text(f"{PREPARE}{FOREVER}")
    found = watched('new Worker("./worker.mjs", { type: "module" });')
    assert found.seen.session.where == "worker"
    assert found.settings(Settings()).where == "worker"
    assert [one.url for one in found.seen.workers][:1] == ["./worker.mjs"]
    assert found.kept.inputs is not None


def test_external_data_comes_along(watched: Watch, site: Path) -> None:
    model = onnx.load(site / "tiny.onnx")
    convert_model_to_external_data(model, location="tiny.data", size_threshold=0)
    onnx.save(model, site / "split.onnx")
    load = """
const externalData = [{ path: "./tiny.data", data: "./tiny.data" }];
const session = await ort.InferenceSession.create("./split.onnx", { externalData });
for (;;) { await session.run(feeds()); await pause(); }
"""
    found = watched(PREPARE + load)
    assert found.seen.session.external == ("./tiny.data",)
    assert (found.kept.model.parent / "tiny.data").read_bytes() == (site / "tiny.data").read_bytes()
    onnx.load(found.kept.model)


def test_of_several_models_the_one_that_takes_most_time_is_chosen(watched: Watch, site: Path) -> None:
    shape = [SIZE, SIZE]
    x, y = (onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name in "xy")
    graph = onnx.helper.make_graph([onnx.helper.make_node("Neg", ["x"], ["y"])], "quick", [x], [y])
    opsets = [onnx.helper.make_opsetid("", 17)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opsets, ir_version=8), site / "other.onnx")
    two = """
const seldom = await ort.InferenceSession.create("./other.onnx");
await seldom.run(feeds());
"""
    seen = watched(f"{PREPARE}{two}{FOREVER}").seen
    assert len(seen.sessions) == 2
    assert seen.chosen == 1
    assert len(seen.sessions[0].runs_ms) == 1


def test_listening_changes_nothing_that_a_page_could_trip_over(watched: Watch) -> None:
    """It throws, and so runs nothing, where it finds anything odd."""
    check = """
for (const name in {}) throw new Error(name);
if (Object.keys({ numThreads: 3 })[0] !== "numThreads") throw new Error("keys");
const plain = {};
plain.numThreads = 3;
if (plain.numThreads !== 3 || JSON.stringify(plain) !== '{"numThreads":3}') throw new Error("value");
if (structuredClone(plain).numThreads !== 3) throw new Error("clone");
if (!(new Worker("data:text/javascript,") instanceof Worker)) throw new Error("Worker");
if (!(new WebAssembly.Memory({ initial: 1 }) instanceof WebAssembly.Memory)) throw new Error("Memory");
"""
    assert len(watched(PREPARE + check + FOREVER).seen.session.runs_ms) >= watch.ENOUGH_RUNS


def test_a_page_that_creates_a_session_and_waits_says_so(watched: Watch) -> None:
    with pytest.raises(ModelUnusable, match="created 1 session and ran none") as told:
        watched(f'{PREPARE}await ort.InferenceSession.create("./tiny.onnx");', most_s=5.0)
    assert "click" in told.value.hint


@pytest.mark.parametrize(
    ("script", "what"),
    [
        ("document.title = 'nothing';", "compiled no WebAssembly"),
        (
            "await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));",
            "compiled WebAssembly, but none of onnxruntime-web",
        ),
    ],
)
def test_a_page_without_the_library_says_so(watched: Watch, script: str, what: str) -> None:
    with pytest.raises(ModelUnusable, match=what) as told:
        watched(script, most_s=2.0)
    assert "MODEL" in told.value.hint


def test_a_file_of_the_page_that_is_not_there_is_named(watched: Watch) -> None:
    """A module that cannot be loaded keeps all others from running."""
    with pytest.raises(ModelUnusable, match="compiled no WebAssembly") as told:
        watched(f'import "./lost/thing.mjs"; {PREPARE}{FOREVER}', most_s=2.0)
    assert "lost/thing.mjs" in told.value.hint


def test_a_page_that_spoils_its_own_log_is_heard_as_far_as_it_can_be_read(watched: Watch) -> None:
    spoil = """
const log = globalThis[Symbol.for("gapprof.observed")].all;
log.push({ kind: "run" }, { kind: "nonsense" }, null);
"""
    seen = watched(PREPARE + spoil + FOREVER).seen
    assert len(seen.session.runs_ms) >= watch.ENOUGH_RUNS
    assert len(seen.troubles) == 3


def test_a_number_of_threads_that_is_none_is_heard_as_what_it_is(watched: Watch) -> None:
    seen = watched(f"{PREPARE}ort.env.wasm.numThreads = NaN;{FOREVER}").seen
    assert seen.pins[0].value == "NaN"
    assert seen.asked_threads is None
    assert len(seen.session.runs_ms) >= watch.ENOUGH_RUNS


def test_a_worker_that_is_ended_keeps_nobody_from_being_heard(watched: Watch, site: Path) -> None:
    """It has compiled a module of its own, which nobody can read any more."""
    (site / "codec.mjs").write_text(
        "await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])); postMessage('done');"
    )
    codec = """
const codec = new Worker("./codec.mjs", { type: "module" });
await new Promise((done) => { codec.onmessage = done; });
await new Promise((done) => setTimeout(done, 600));
codec.terminate();
"""
    seen = watched(PREPARE + codec + FOREVER).seen
    assert len(seen.session.runs_ms) >= watch.ENOUGH_RUNS
    assert any("could not be read" in one for one in seen.troubles)


def test_a_frame_of_the_page_is_heard(watched: Watch, site: Path) -> None:
    (site / "inner.html").write_text('<!doctype html><script type=module src="app.mjs"></script>')
    found = watched(
        f"{PREPARE}ort.env.wasm.numThreads = 1;{FOREVER}",
        page="<!doctype html><iframe src=inner.html></iframe>",
    )
    assert found.seen.session.where == "main"
    assert found.seen.asked_threads == 1
    assert found.kept.inputs is not None


def test_a_model_that_is_loaded_over_and_over_is_kept_once(watched: Watch) -> None:
    again = """
for (;;) {
  const session = await ort.InferenceSession.create("./tiny.onnx");
  await session.run(feeds());
  await session.release();
  const { blobs } = globalThis[Symbol.for("gapprof.observed")];
  if (blobs.filter((one) => one.length > 1000 && one.length < 1e6).length > 2) throw new Error("kept again");
}
"""
    seen = watched(PREPARE + again).seen
    assert len(seen.sessions) >= watch.ENOUGH_RUNS
    assert all(one.inputs for one in seen.sessions)


def test_a_page_that_dies_is_told_as_such(watched: Watch) -> None:
    hoard = """
const hoard = [];
setInterval(() => { for (let i = 0; i < 20; i++) hoard.push(new Array(1e6).fill(i)); }, 1);
"""
    with pytest.raises(ModelUnusable, match=r"renderer ended|out of memory"):
        watched(hoard, most_s=60.0, js_flags=("--max-old-space-size=60",))


def test_a_page_that_hangs_is_told_as_such(watched: Watch) -> None:
    with pytest.raises(ModelUnusable, match="compiled no WebAssembly"):
        watched("setTimeout(() => { for (;;); }, 200);", most_s=3.0)


def test_a_model_that_the_library_refuses_is_no_missing_library(watched: Watch, site: Path) -> None:
    (site / "broken.onnx").write_bytes(b"not a model at all")
    with pytest.raises(ModelUnusable, match="refused its model"):
        watched(f'{PREPARE}await ort.InferenceSession.create("./broken.onnx");', most_s=6.0)


def test_a_library_without_a_session_is_no_missing_library(watched: Watch) -> None:
    """Its model is never answered for."""
    late = """
const own = globalThis.fetch;
globalThis.fetch = (what) => (String(what).endsWith(".onnx") ? new Promise(() => {}) : own(what));
"""
    with pytest.raises(ModelUnusable, match="started onnxruntime-web and created no session"):
        watched(f'{PREPARE}{late}await ort.InferenceSession.create("./tiny.onnx");', most_s=6.0)


def test_a_page_that_is_not_there_is_nobodys_model(guard: Guard, tmp_path: Path) -> None:
    settings = Settings(page="http://127.0.0.1:1/")
    with pytest.raises(EnvironmentUnusable, match="could not be opened") as told:
        watch.watched(settings, guard=guard, workdir=tmp_path, observer=lambda _: None)
    assert "Open the address in a browser" in told.value.hint
