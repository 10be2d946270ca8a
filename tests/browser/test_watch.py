"""Pages that run a model by themselves: what is heard of them is what they were written to do."""

import functools
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest

from gapprof import assets
from gapprof.errors import EnvironmentUnusable, ModelUnusable
from gapprof.facts.session_options import DEFAULTS
from gapprof.guard import Guard
from gapprof.measure.machine import usable_cores
from gapprof.records.settings import Settings
from gapprof.watch import page as watch
from gapprof.watch.kept import Watched
from tests.browser.conftest import SIZE
from tests.browser.watched_page import FOREVER, LIBRARY, PREPARE, heard, laid_out, with_other_models

NOT_FED = {"enableProfiling", "logId"}
"""Options of a session that a ladder about it goes without."""
Watch = Callable[..., Watched]


@pytest.fixture
def site(tmp_path: Path, model_folder: Path) -> Path:
    return laid_out(tmp_path / "site", model_folder)


@pytest.fixture
def watched(site: Path, guard: Guard, tmp_path: Path) -> Watch:
    return functools.partial(heard, site, guard=guard, workdir=tmp_path)


@pytest.fixture(scope="module")
def shared(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    """The same, for pages that several claims are about; each has a folder of its own."""
    with Guard() as guard:

        def run(script: str, **how: object) -> Watched:
            folder = tmp_path_factory.mktemp("watched")
            site = laid_out(folder / "site", model_folder)
            with_other_models(site)
            return heard(site, script, guard=guard, workdir=folder, **how)

        yield run


@pytest.fixture(scope="module")
def pinned(shared: Watch) -> Watched:
    """A page that asks for one thread, on a line of its own."""
    return shared(f"{PREPARE}\nort.env.wasm.numThreads = 1;{FOREVER}")


@pytest.fixture(scope="module")
def plain(shared: Watch) -> Watched:
    """A page that leaves everything to the library."""
    return shared(PREPARE + FOREVER.replace(', { graphOptimizationLevel: "extended" }', ""))


@pytest.fixture(scope="module")
def opted(shared: Watch) -> Watched:
    """A page that gives every option that there is."""
    options = """{
  executionProviders: ["wasm"], graphOptimizationLevel: "basic", enableCpuMemArena: true,
  enableMemPattern: true, executionMode: "parallel", enableProfiling: true, logId: "mine",
  logSeverityLevel: 3, logVerbosityLevel: 1,
  freeDimensionOverrides: { batch: 2 }, extra: { session: { intra_op: { allow_spinning: "0" } } },
  intraOpNumThreads: 4, interOpNumThreads: 2,
}"""
    return shared(PREPARE + FOREVER.replace('{ graphOptimizationLevel: "extended" }', options))


@pytest.fixture(scope="module")
def two_models(shared: Watch) -> Watched:
    """One that runs once, and one in two files that goes on, behind a look at what listening changes."""
    look = """
for (const name in {}) throw new Error(name);
if (Object.keys({ numThreads: 3 })[0] !== "numThreads") throw new Error("keys");
const plain = {};
plain.numThreads = 3;
if (plain.numThreads !== 3 || JSON.stringify(plain) !== '{"numThreads":3}') throw new Error("value");
if (structuredClone(plain).numThreads !== 3) throw new Error("clone");
if (plain.logVerbosityLevel !== undefined) throw new Error("asked");
plain.logVerbosityLevel = 2;
if (plain.logVerbosityLevel !== 2 || Object.keys(plain).length !== 2) throw new Error("kept");
if (!(new Worker("data:text/javascript,") instanceof Worker)) throw new Error("Worker");
if (!(new WebAssembly.Memory({ initial: 1 }) instanceof WebAssembly.Memory)) throw new Error("Memory");
"""
    two = """
const seldom = await ort.InferenceSession.create("./other.onnx");
await seldom.run(feeds());
const externalData = [{ path: "./tiny.data", data: "./tiny.data" }];
const session = await ort.InferenceSession.create("./split.onnx", { externalData });
for (;;) { await session.run(feeds()); await pause(); }
"""
    return shared(PREPARE + look + two)


@pytest.fixture(scope="module")
def odd(shared: Watch) -> Watched:
    """A page that spoils its own log, and asks for no number of threads that there is."""
    spoil = """
const log = globalThis[Symbol.for("gapprof.observed")].all;
log.push({ kind: "run" }, { kind: "nonsense" }, null);
"""
    return shared(f"{PREPARE}ort.env.wasm.numThreads = NaN;{spoil}{FOREVER}")


def test_the_model_the_inputs_and_the_runs_of_a_page_are_heard(pinned: Watched, model_folder: Path) -> None:
    seen, session = pinned.seen, pinned.seen.session
    assert session.where == "main"
    assert len(session.runs_ms) >= watch.ENOUGH_RUNS
    assert all(ms > 0 for ms in session.runs_ms)
    model = (model_folder / "tiny.onnx").read_bytes()
    assert session.sha256 == hashlib.sha256(model).hexdigest()
    assert pinned.kept.model.read_bytes() == model
    assert pinned.kept.model.name == "tiny.onnx"
    assert session.url == "page/tiny.onnx"
    assert session.optimisation == 2
    (wasm,) = seen.wasm
    assert wasm.sha256 == hashlib.sha256((assets.web_dist() / LIBRARY[2]).read_bytes()).hexdigest()
    assert (wasm.version, wasm.build, wasm.known_by, wasm.simd) == ("1.30.0", "plain", "hash", True)
    assert session.shared_memory is True
    assert pinned.kept.inputs is not None
    with np.load(pinned.kept.inputs) as fed:
        wanted = (np.arange(SIZE * SIZE) % 17 / 17).astype(np.float32).reshape(SIZE, SIZE)
        assert np.array_equal(fed["x"], wanted)
    assert not seen.troubles


def test_a_session_that_nobody_gave_options_has_the_librarys_defaults(plain: Watched) -> None:
    """As `lib/wasm/session-options.ts` has them: a release that changes one fails here."""
    assert {one.name: one.value for one in plain.seen.session.options} == DEFAULTS
    assert plain.settings(Settings()).session_options == {}


def test_every_option_of_a_session_is_heard_by_its_name(opted: Watched) -> None:
    told = {one.name: one.value for one in opted.seen.session.options}
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
    fed = opted.settings(Settings()).session_options
    assert set(told) - set(fed) - {name for name in told if told[name] == DEFAULTS.get(name)} == NOT_FED


def test_thread_options_that_the_library_never_reads_are_heard_all_the_same(
    opted: Watched, plain: Watched
) -> None:
    """The library passes none of them on: they are read off the object that the page gave it."""
    told = {one.name: one.value for one in opted.seen.session.unread_options}
    assert told == {"intraOpNumThreads": "4", "interOpNumThreads": "2"}
    assert opted.seen.asked_threads is None
    assert plain.seen.session.unread_options == ()


def test_the_ladders_session_is_made_with_the_same_options(
    opted: Watched, watched: Watch, site: Path
) -> None:
    """The page's options, fed to gapprof's own page, are heard there by the same observer."""
    fed = opted.settings(Settings()).session_options
    assert len(fed) == 8
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
    own = {one.name: one.value for one in watched(PREPARE + ours, file="ours.mjs").seen.session.options}
    theirs = {one.name: one.value for one in opted.seen.session.options}
    unfed = {name: DEFAULTS[name] for name in NOT_FED & DEFAULTS.keys()}
    assert own == {name: value for name, value in theirs.items() if name not in NOT_FED} | unfed


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


def test_who_pinned_the_number_of_threads_is_told_with_the_place(pinned: Watched) -> None:
    seen = pinned.seen
    assert seen.isolated
    assert (seen.threads, seen.asked_threads) == (1, 1)
    (pinned,) = seen.pins
    assert pinned.by[0] == f"page/app.mjs:{PREPARE.count(chr(10)) + 2}:25"


def test_a_page_that_leaves_it_to_the_library_gets_its_own_rule(plain: Watched) -> None:
    assert plain.seen.asked_threads is None
    assert plain.seen.threads == min(4, (usable_cores() + 1) // 2)
    assert plain.settings(Settings()).threads is None


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


def test_external_data_comes_along(two_models: Watched, model_folder: Path) -> None:
    assert two_models.seen.session.external == ("./tiny.data",)
    (weight,) = onnx.load(two_models.kept.model).graph.initializer
    (own,) = onnx.load(model_folder / "tiny.onnx").graph.initializer
    assert weight.raw_data == own.raw_data


def test_of_several_models_the_one_that_takes_most_time_is_chosen(two_models: Watched) -> None:
    seen = two_models.seen
    assert len(seen.sessions) == 2
    assert seen.chosen == 1
    assert len(seen.sessions[0].runs_ms) == 1


def test_listening_changes_nothing_that_a_page_could_trip_over(two_models: Watched) -> None:
    """It throws, and so runs nothing, where it finds anything odd."""
    assert len(two_models.seen.session.runs_ms) >= watch.ENOUGH_RUNS


def test_a_page_that_creates_a_session_and_waits_says_so(watched: Watch) -> None:
    with pytest.raises(ModelUnusable, match="created 1 session and ran none") as told:
        watched(f'{PREPARE}await ort.InferenceSession.create("./tiny.onnx");', most_s=6.0)
    assert "click" in told.value.hint


def test_a_page_with_other_webassembly_says_so(watched: Watch) -> None:
    other = "await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));"
    with pytest.raises(ModelUnusable, match="compiled WebAssembly, but none of onnxruntime-web") as told:
        watched(other, most_s=2.0)
    assert "MODEL" in told.value.hint


def test_a_file_of_the_page_that_is_not_there_is_named(watched: Watch) -> None:
    """A module that cannot be loaded keeps all others from running, as if there were none."""
    with pytest.raises(ModelUnusable, match="compiled no WebAssembly") as told:
        watched(f'import "./lost/thing.mjs"; {PREPARE}{FOREVER}', most_s=2.0)
    assert "MODEL" in told.value.hint
    assert "lost/thing.mjs" in told.value.hint


def test_a_page_that_spoils_its_own_log_is_heard_as_far_as_it_can_be_read(odd: Watched) -> None:
    assert len(odd.seen.session.runs_ms) >= watch.ENOUGH_RUNS
    assert len(odd.seen.troubles) == 3


def test_a_number_of_threads_that_is_none_is_heard_as_what_it_is(odd: Watched) -> None:
    assert odd.seen.pins[0].value == "NaN"
    assert odd.seen.asked_threads is None


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
    hoard = "setTimeout(() => { const a = []; for (;;) a.push(new Array(1e5).fill({})); }, 100)"
    with pytest.raises(ModelUnusable, match=r"renderer ended|out of memory"):
        watched(hoard, most_s=60.0, js_flags=("--max-old-space-size=40",))


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
