"""Pages with their model in a worker, in a frame or among others, and odd ones: all of them are heard."""

from pathlib import Path

import onnx
import pytest

from gapprof.records.settings import Settings
from gapprof.watch import page as watch
from gapprof.watch.kept import Watched
from tests.browser.watched_page import FOREVER, PREPARE, Watch


@pytest.fixture(scope="module")
def two_models(shared: Watch) -> Watched:
    """One that runs once, and one in two files that goes on and rests little, behind a look at what listening
    changes."""
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
for (;;) {
  for (let run = 0; run < 20; run += 1) await session.run(feeds());
  await pause();
}
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


@pytest.fixture(scope="module")
def workers(shared: Watch) -> Watched:
    """A page with its model in a worker, which it starts when another one has compiled a module, was asked
    for its log, and has been ended: nobody can read that module any more."""
    codec = """
await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
const observed = globalThis[Symbol.for("gapprof.observed")];
const { since } = observed;
let asked = 0;
observed.since = (...given) => {
  asked += 1;
  if (asked > 1) postMessage("the first answer has been read");
  return since(...given);
};
"""
    page = """
const codec = new Worker("./codec.mjs", { type: "module" });
await new Promise((done) => { codec.onmessage = done; });
codec.terminate();
new Worker("./worker.mjs", { type: "module" });
"""
    return shared(page, beside={"codec.mjs": codec, "worker.mjs": f"{PREPARE}{FOREVER}"})


def test_a_worker_of_the_page_is_heard_from_its_first_line_on(workers: Watched) -> None:
    assert workers.seen.session.where == "worker"
    assert workers.settings(Settings()).where == "worker"
    assert [one.url for one in workers.seen.workers][:2] == ["./codec.mjs", "./worker.mjs"]
    assert workers.kept.inputs is not None


def test_a_worker_that_is_ended_keeps_nobody_from_being_heard(workers: Watched) -> None:
    assert len(workers.seen.session.runs_ms) >= watch.ENOUGH_RUNS
    assert any("could not be read" in one for one in workers.seen.troubles)


def test_a_frame_of_the_page_is_heard(watched: Watch, site: Path) -> None:
    (site / "inner.html").write_text('<!doctype html><script type=module src="app.mjs"></script>')
    found = watched(
        f"{PREPARE}ort.env.wasm.numThreads = 1;{FOREVER}",
        page="<!doctype html><iframe src=inner.html></iframe>",
    )
    assert found.seen.session.where == "main"
    assert found.seen.asked_threads == 1
    assert found.kept.inputs is not None


def test_external_data_comes_along(two_models: Watched, model_folder: Path) -> None:
    assert two_models.seen.session.external == ("./tiny.data",)
    (weight,) = onnx.load(two_models.kept.model).graph.initializer
    (own,) = onnx.load(model_folder / "tiny.onnx").graph.initializer
    assert weight.raw_data == own.raw_data


def test_of_several_models_the_one_that_takes_most_time_is_chosen(two_models: Watched) -> None:
    seen = two_models.seen
    seldom_ms, often_ms = (sum(one.runs_ms) for one in seen.sessions)
    assert len(seen.sessions[0].runs_ms) == 1
    assert seen.chosen == int(often_ms > seldom_ms), "whichever that is where this machine stood still"


def test_listening_changes_nothing_that_a_page_could_trip_over(two_models: Watched) -> None:
    """It throws, and so runs nothing, where it finds anything odd."""
    assert two_models.seen.session.runs_ms


@pytest.mark.long
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


def test_a_page_that_spoils_its_own_log_is_heard_as_far_as_it_can_be_read(odd: Watched) -> None:
    assert len(odd.seen.session.runs_ms) >= watch.ENOUGH_RUNS
    assert len(odd.seen.troubles) == 3


def test_a_number_of_threads_that_is_none_is_heard_as_what_it_is(odd: Watched) -> None:
    assert odd.seen.pins[0].value == "NaN"
    assert odd.seen.asked_threads is None
