"""Pages that run a model by themselves: model, options and threads are heard as they were written."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from gapprof import assets
from gapprof.facts.session_options import DEFAULTS
from gapprof.measure.machine import usable_cores
from gapprof.records.settings import Settings
from gapprof.watch import page as watch
from gapprof.watch.kept import Watched
from gapprof.watch.listening import Listener
from tests.browser.conftest import SIZE
from tests.browser.watched_page import FOREVER, LIBRARY, PREPARE, Watch

NOT_FED = {"enableProfiling", "logId"}
"""Options of a session that a ladder about it goes without."""


@pytest.fixture(scope="module")
def pinned(shared: Watch) -> Watched:
    """A page that asks for one thread, on a line of its own, and pauses twice between two runs."""
    seldom = FOREVER.replace("await pause();", "await pause(); await pause();")
    return shared(f"{PREPARE}\nort.env.wasm.numThreads = 1;{seldom}")


@pytest.fixture(scope="module")
def sent(shared: Watch) -> tuple[Watched, list[int]]:
    """A page that leaves everything to the library, and how many bytes each was that it was asked to send."""
    sizes, blob = list[int](), Listener.blob

    async def heard(self: Listener, session: str, number: int) -> bytes:
        sizes.append(len(data := await blob(self, session, number)))
        return data

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Listener, "blob", heard)
        return shared(PREPARE + FOREVER.replace(', { graphOptimizationLevel: "extended" }', "")), sizes


@pytest.fixture(scope="module")
def plain(sent: tuple[Watched, list[int]]) -> Watched:
    return sent[0]


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


def test_pauses_between_runs_are_those_that_the_page_makes(pinned: Watched) -> None:
    session = pinned.seen.session
    ends = [began + ms for began, ms in zip(session.runs_began_ms, session.runs_ms, strict=True)]
    pauses = [began - end for began, end in zip(session.runs_began_ms[1:], ends, strict=False)]
    assert len(session.runs_ms) >= watch.ENOUGH_RUNS
    assert min(pauses) >= 9.5


def test_of_a_library_that_gapprof_has_the_page_sends_no_more_than_its_hash(
    sent: tuple[Watched, list[int]],
) -> None:
    (wasm,) = sent[0].seen.wasm
    assert wasm.known_by == "hash"
    assert 0 < sum(sent[1]) < wasm.size_bytes


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
