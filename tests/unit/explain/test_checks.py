from collections.abc import Callable

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.explain.harness_checks import harness_checks
from gapprof.explain.strikes import faulty, hindered
from gapprof.explain.subject_checks import subject_checks
from gapprof.facts.case import Case
from gapprof.records.lattice import Cell, CellVisit
from gapprof.records.recording import Recording
from gapprof.records.report import CheckRow
from gapprof.records.settings import Settings
from gapprof.records.trial import CoreWork, Load, Trial
from gapprof.text import numbers
from tests.truth.recorder import REPRODUCING, record
from tests.unit.facts.felt import trial as felt_trial


def changed(rung: str, change: Callable[[Trial], Trial], settings: Settings | None = None) -> Recording:
    recording = record(Machine(), settings or Settings(threads=2), rounds=4)
    return replace(
        recording,
        entries=tuple(change(e) if isinstance(e, Trial) and e.rung == rung else e for e in recording.entries),
    )


def seen(rung: str, **changes: object) -> Recording:
    return changed(rung, lambda trial: replace(trial, seen=replace(trial.seen, **changes)))


def harness(recording: Recording) -> dict[str, CheckRow]:
    return {row.id: row for row in harness_checks(Case(recording))}


def test_a_sound_run_passes_every_check_of_ourselves() -> None:
    assert {row.status for row in harness(record(Machine(), rounds=4)).values()} == {"pass"}


@pytest.mark.parametrize(
    ("check", "recording"),
    [
        ("ceiling", seen("native-128", ceiling_hits=0)),
        ("ceiling", seen("native-128", sentinel_gflops=240.0)),
        ("debugger", seen("web-main", debugger_domain=True)),
        ("timer", seen("web-paced", timer_step_us=5000.0)),
        ("wasm-served", seen("web-graph", wasm_sha256="another")),
        ("cores", seen("web-worker", cpus_allowed=(0,))),
        ("threads", seen("native-threads", threads=1)),
        ("flags", seen("web-worker", rejected_flags=("--no-such-flag",))),
        (
            "steady",
            changed(
                "web-worker",
                lambda t: replace(t, samples_ms=(14.0, 13.0, 12.0, 11.0, 10.0, 9.0 + 0.1 * t.round)),
            ),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_our_own_faults_are_seen(check: str, recording: Recording) -> None:
    row = harness(recording)[check]
    assert (row.status, row.kind) == ("fail", "harness")


def debugged(*, domain: bool | None = True) -> Recording:
    """With the rung that has the debugger on, or was to have it."""
    recording = record(Machine(), Settings(threads=2), rounds=4, side_rounds=2, side=REPRODUCING)
    return replace(
        recording,
        entries=tuple(
            replace(e, seen=replace(e.seen, debugger_domain=domain))
            if isinstance(e, Trial) and e.rung == "web-debugged"
            else e
            for e in recording.entries
        ),
    )


def test_a_debugger_that_a_rung_is_about_is_no_fault_and_named() -> None:
    row = harness(debugged())["debugger"]
    assert (row.status, row.text) == (
        "pass",
        "the Debugger domain was off, but for web-debugged, which is about it",
    )


@pytest.mark.parametrize("domain", [False, None])
def test_a_debugger_that_was_to_be_on_and_was_not_is_our_fault(domain: bool | None) -> None:
    row = harness(debugged(domain=domain))["debugger"]
    assert row.status == "fail"
    assert row.text.startswith("web-debugged: the Debugger domain was off")


def test_a_narrow_machine_may_lose_little_between_avx2_and_avx() -> None:
    assert harness(seen("native-avx", sentinel_gflops=240.0))["ceiling"].status == "pass"


def test_a_flag_of_the_user_that_the_engine_does_not_know_is_not_our_fault() -> None:
    asked = Settings(threads=2, js_flags=("--mistyped",))
    recording = changed(
        "web-flags", lambda t: replace(t, seen=replace(t.seen, rejected_flags=("--mistyped",))), asked
    )
    assert harness(recording)["flags"].status == "pass"
    rows = {row.id: row for row in subject_checks(Case(recording))}
    assert rows["your-flags"].status == "fail"


def test_disturbed_trials_that_were_kept_are_unknown_not_failed() -> None:
    loud = Load(wall_ms=2000.0, machine_busy_ms=3000.0, own_cpu_ms=2000.0)
    row = harness(changed("web-graph", lambda t: replace(t, load=loud)))["outside-load"]
    assert row.status == "unknown"
    assert "disturbed by other programs" in row.text


def test_a_rung_that_lost_every_trial_to_our_fault_is_named() -> None:
    recording = changed("web-graph", lambda t: replace(t, struck=("the Debugger domain was on",)))
    rows = faulty(Case(recording))
    assert [row.id for row in rows] == ["struck-web-graph"]


def test_a_rung_that_was_only_disturbed_is_nobodys_fault() -> None:
    recording = changed("web-graph", lambda t: replace(t, struck=("outside load: 12%",)))
    assert faulty(Case(recording)) == ()


@pytest.mark.parametrize(
    ("settings", "failing"),
    [
        (Settings(threads=2), set()),
        (Settings(threads=2, isolation=False), {"isolation", "threads-asked"}),
        (Settings(isolation=False), {"isolation", "threads-asked"}),  # the rule asks for two of four cores
        (Settings(threads=2, js_flags=("--liftoff-only",)), {"tier"}),
    ],
)
def test_the_users_own_choices_are_subject_checks(settings: Settings, failing: set[str]) -> None:
    recording = record(Machine(), settings, page_threads=2 if settings.isolation else 1)
    rows = subject_checks(Case(recording))
    assert {row.id for row in rows if row.status == "fail"} == failing
    assert {row.kind for row in rows} == {"subject"}


def test_a_mean_over_many_requests_resolves_more_than_one_request() -> None:
    """0.2 ms on requests of 10 ms is 2 % of one, and a thousandth of the mean of twenty."""
    assert harness(seen("web-paced", timer_step_us=200.0))["timer"].status == "pass"


def test_a_clock_that_is_coarse_for_want_of_isolation_is_not_our_fault() -> None:
    asked = Settings(threads=2, isolation=False, page="busy")
    coarse = changed("web", lambda t: replace(t, seen=replace(t.seen, timer_step_us=5000.0)), asked)
    assert harness(coarse)["timer"].status == "pass"


def test_isolation_that_was_served_and_lost_is_no_excuse_for_a_coarse_clock() -> None:
    assert harness(seen("web-main", timer_step_us=5000.0, isolated=False))["timer"].status == "fail"


@pytest.mark.parametrize("check", ["steady", "flags", "wasm-served", "debugger", "cores", "timer"])
def test_a_check_without_anything_to_look_at_is_unknown(check: str) -> None:
    assert harness(record(Machine(), rounds=0))[check].status == "unknown"


def test_trials_too_short_to_drift_are_not_called_steady() -> None:
    recording = record(Machine(), rounds=4)
    short = tuple(
        replace(e, samples_ms=e.samples_ms[:4]) if isinstance(e, Trial) else e for e in recording.entries
    )
    row = harness(replace(recording, entries=short))["steady"]
    assert (row.status, row.text) == (
        "unknown",
        "no trial has the 5 samples that a drift is looked for in",
    )


def test_a_ceiling_that_was_never_installed_is_unknown() -> None:
    refusals = {("native", "isa", isa): "no ceiling" for isa in ("128", "avx", "avx2")}
    assert harness(record(Machine(refusals=refusals), rounds=1))["ceiling"].status == "unknown"


def test_wasm_that_nobody_read_is_unknown() -> None:
    recording = record(Machine(), rounds=1)
    unread = tuple(
        replace(e, seen=replace(e.seen, wasm_sha256=None)) if isinstance(e, Trial) else e
        for e in recording.entries
    )
    assert harness(replace(recording, entries=unread))["wasm-served"].status == "unknown"


THREADED = {"wasm_file": "ort-wasm-simd-threaded.wasm", "wasm_sha256": "threads", "threads": 4}


def served(*, one: dict[str, object] | None = None, several: dict[str, object] | None = None) -> CheckRow:
    """Most rungs have one thread; `web-threads` has four, and by itself a file for them alone."""
    recording = record(Machine(), Settings(), rounds=4, side_rounds=4, side=("web-threads",), page_threads=1)
    plain = {"wasm_file": "ort-wasm-simd.wasm", "wasm_sha256": "plain"}
    changes = {"web-worker": plain | (one or {}), "web-threads": THREADED | (several or {})}
    entries = tuple(
        replace(e, seen=replace(e.seen, **changes.get(e.rung, plain)))
        if isinstance(e, Trial) and e.rung.startswith("web")
        else e
        for e in recording.entries
    )
    return harness(replace(recording, entries=entries))["wasm-served"]


def test_a_build_that_has_a_file_of_its_own_for_threads_is_one_build() -> None:
    found = served()
    assert found.status == "pass"
    assert found.text == (
        "every rung of the browser ran one build's wasm: ort-wasm-simd.wasm, "
        "and with threads ort-wasm-simd-threaded.wasm"
    )
    assert harness(record(Machine(), rounds=1))["wasm-served"].text.endswith("ran the same wasm")


@pytest.mark.parametrize(
    ("one", "several", "rung", "told"),
    [
        (
            {"wasm_sha256": "other"},
            {},
            "web-graph",
            "it was served another wasm file than the other rungs",
        ),
        (
            {"wasm_file": "ort-wasm.wasm", "wasm_sha256": "other"},
            {},
            "web-graph",
            "it was served another wasm file than the other rungs",
        ),
        (
            {},
            {"wasm_file": "ort-wasm-simd.wasm"},
            "web-threads",
            "as ort-wasm-simd.wasm it was served another wasm file than the rungs with one thread",
        ),
        (
            {},
            {"wasm_simd": False},
            "web-threads",
            "the wasm file that it was served has no SIMD, that of other rungs SIMD",
        ),
    ],
    ids=["same name", "other name", "one name for both", "without vectors"],
)
def test_a_file_that_was_silently_another_is_found(
    one: dict[str, object], several: dict[str, object], rung: str, told: str
) -> None:
    """Rungs are held against the first one, which is the worker's."""
    found = served(one=one, several=several)
    assert (found.status, found.concerns) == ("fail", rung)
    assert found.text.startswith(f"{rung}: {told}")


def test_a_page_on_which_v8_was_still_compiling_is_told() -> None:
    def compiling(recording: Recording) -> CheckRow:
        return {row.id: row for row in subject_checks(Case(recording))}["compiling"]

    assert compiling(record(Machine(), rounds=4)).status == "unknown"
    assert compiling(seen("web-paced", tier_up="compiler-idle")).status == "pass"
    told = compiling(seen("web-paced", tier_up="unsettled"))
    assert told.status == "fail"
    assert told.text.startswith("in 4 of 4 timed visits")


def test_what_other_programs_used_is_told_as_a_share_of_a_core() -> None:
    quiet = harness(record(Machine(), Settings(threads=2), rounds=4))["outside-load"]
    assert "these programs used less than 1.0 % of a core" in quiet.text
    loaded = record(Machine(), Settings(threads=2), rounds=4)
    entries = tuple(
        replace(e, load=Load(wall_ms=1000.0, machine_busy_ms=1030.0, own_cpu_ms=1000.0))
        if isinstance(e, Trial)
        else e
        for e in loaded.entries
    )
    row = harness(replace(loaded, entries=entries))["outside-load"]
    assert row.status == "pass"
    assert "these programs used 3.0 % of a core (median)" in row.text


def on_cores(*after_us: float, discarded_ms: tuple[float, ...] = ()) -> CoreWork:
    return CoreWork(
        fastest_us=(200.0, 200.0),
        before_us=(204.0, 210.0),
        after_us=after_us,
        used=(0,),
        waited_ms=500.0,
        discarded_ms=discarded_ms,
    )


def with_cores(work: CoreWork) -> Recording:
    recording = record(Machine(), Settings(threads=2), rounds=4)
    entries = tuple(
        replace(e, load=replace(e.load, core_work=work)) if isinstance(e, Trial) else e
        for e in recording.entries
    )
    return replace(recording, entries=entries)


def test_slow_cores_are_told_with_how_slow_they_were_and_what_was_done_about_it() -> None:
    row = harness(with_cores(on_cores(370.0, 205.0, discarded_ms=(7.0,))))["core-speed"]
    trials = sum(trial.round >= 0 for trial in with_cores(on_cores(205.0, 205.0)).of(Trial))
    assert row.status == "unknown"
    assert (
        f"beside {trials} of the {trials} trials that count and looked a core was slow, by up to 1.9x"
        in row.text
    )
    waited = numbers.duration(0.5 * trials)
    assert row.text.endswith(
        f"{trials} were timed anew for that, or in part, and together they waited {waited}"
    )


def test_fast_cores_pass_and_slow_ones_that_no_model_used_do_not_count() -> None:
    for after_us in ((205.0, 205.0), (205.0, 380.0)):
        row = harness(with_cores(on_cores(*after_us)))["core-speed"]
        assert row.status == "pass"
        assert "no core that they used was slower than 1.4x of the best seen of it" in row.text
        assert "0 were timed anew" in row.text


def test_cores_that_are_far_apart_are_told_and_hinder() -> None:
    near = replace(
        on_cores(205.0, 205.0),
        used=(),
        nearest_us=(6.0,),
        handed_before_us=(6.1,),
        handed_after_us=(7.0,),
    )
    quiet, apart = with_cores(near), with_cores(replace(near, handed_after_us=(12.6,)))
    assert harness(quiet)["core-speed"].status == "pass"
    row = harness(apart)["core-speed"]
    assert row.status == "unknown"
    assert "two cores were further apart than at other times" in row.text
    assert "took the other up to 2.1x as long to read" in row.text
    assert hindered(Case(apart))
    assert not hindered(Case(quiet))


def test_cores_beside_cells_are_told_with_those_beside_the_ladder() -> None:
    cell = Cell(side="web", threads=1, where="main", isolated=True)
    quiet = with_cores(on_cores(205.0, 205.0))
    trial = next(one for one in quiet.of(Trial) if one.round >= 0)
    slow = replace(trial, load=replace(trial.load, core_work=on_cores(370.0, 205.0)))
    visits = tuple(
        CellVisit(study="scaling", cell=cell, round=number, kind="explore", outcome=outcome)
        for number, outcome in enumerate((slow, replace(slow, struck=("why",))))
    )
    counting = 1 + sum(one.round >= 0 for one in quiet.of(Trial))
    row = harness(replace(quiet, entries=(*quiet.entries, *visits)))["core-speed"]
    assert row.status == "unknown"
    assert f"beside 1 of the {counting} trials that count and looked a core was slow, by up to" in row.text


def test_cores_beside_a_page_that_was_felt_are_told_with_them() -> None:
    quiet = with_cores(on_cores(205.0, 205.0))
    slow = Load(wall_ms=6000.0, machine_busy_ms=None, own_cpu_ms=None, core_work=on_cores(370.0, 205.0))
    felt = (felt_trial("main", 0, load=slow), felt_trial("main", 0, load=slow, struck=("why",)))
    counting = 1 + sum(one.round >= 0 for one in quiet.of(Trial))
    beside = replace(quiet, entries=(*quiet.entries, *felt))
    row = harness(beside)["core-speed"]
    assert row.status == "unknown"
    assert f"beside 1 of the {counting} trials that count and looked a core was slow, by up to" in row.text
    assert hindered(Case(beside))


def test_of_cores_that_nobody_looked_at_nothing_is_said() -> None:
    assert "core-speed" not in harness(record(Machine(), Settings(threads=2), rounds=4))
