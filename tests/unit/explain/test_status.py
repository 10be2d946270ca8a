import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, PlantedFailure, ladder_ms
from gapprof.explain.report import build
from gapprof.records.recording import End, Recording
from gapprof.records.settings import Settings
from gapprof.records.trial import Trial
from tests.truth.recorder import FULL, begin, check, record

PLANTED = ladder_ms({"native-threads": 3.0, "native-128": 2.0, "native-all-128": 2.0, "web": 1.5})
GOOD = (check("web"), check("web-worker"))


def test_a_whole_quiet_run_is_ok() -> None:
    report = build(record(Machine(latency_ms=PLANTED, noise=0.01), outputs=GOOD))
    assert (report.status, report.status_why) == ("ok", "")


def test_wrong_outputs_of_the_browser_outrank_everything_but_failure() -> None:
    noisy = Machine(latency_ms=PLANTED, launch_noise=0.5)
    report = build(record(noisy, outputs=(check("web", difference=0.5),), ended="interrupted"))
    assert report.status == "outputs-differ"
    assert report.headline.startswith("Outputs differ")
    assert report.gap.ratio is not None  # shown, and not believed


@pytest.mark.parametrize("rung", ["native-extended", "web-scalar"])
def test_other_rungs_with_wrong_outputs_are_labelled_only(rung: str) -> None:
    report = build(
        record(Machine(latency_ms=PLANTED, noise=0.01), outputs=(*GOOD, check(rung, difference=0.5)))
    )
    assert report.status == "ok"
    assert any(row.id == f"outputs-{rung}" and row.status == "fail" for row in report.checks)


def test_our_own_fault_makes_it_unreliable() -> None:
    recording = record(Machine(latency_ms=PLANTED, noise=0.01))
    entries = tuple(
        replace(e, seen=replace(e.seen, debugger_domain=True))
        if isinstance(e, Trial) and e.rung == "web-main"
        else e
        for e in recording.entries
    )
    report = build(replace(recording, entries=entries))
    assert report.status == "unreliable"
    assert "Debugger" in report.status_why


def test_noise_that_hides_the_largest_cause_makes_it_unreliable() -> None:
    even = ladder_ms({"native-threads": 2.0, "native-128": 2.0, "native-all-128": 2.0, "web": 2.0})
    report = build(record(Machine(latency_ms=even, launch_noise=0.4)))
    assert report.status == "unreliable"
    assert "noise hides" in report.status_why


def test_an_undecided_rank_within_the_wanted_precision_is_a_fine_answer() -> None:
    even = ladder_ms({"native-threads": 2.0, "web": 2.0})
    report = build(record(Machine(latency_ms=even, launch_noise=0.01), rounds=8))
    assert report.status == "ok"


def test_a_main_rung_that_failed_makes_it_partial_and_a_side_rung_does_not() -> None:
    main = Machine(latency_ms=PLANTED, failures=(PlantedFailure(rung="web-graph", message="renderer died"),))
    report = build(record(main))
    assert report.status == "partial"
    assert "web-graph has no figure: failed: renderer died" in report.status_why
    side = Machine(latency_ms=PLANTED, failures=(PlantedFailure(rung="engine", message="no node"),))
    assert build(record(side, side_rounds=2)).status == "ok"


@pytest.mark.parametrize(
    ("ended", "status"), [("interrupted", "partial"), (None, "partial"), ("budget", "ok")]
)
def test_a_recording_that_was_cut_is_partial(ended: str | None, status: str) -> None:
    assert build(record(Machine(latency_ms=PLANTED), ended=ended)).status == status


def test_a_run_that_was_stopped_in_its_first_round_has_no_figure_of_both_sides() -> None:
    whole = record(Machine(latency_ms=PLANTED), rounds=1, passes=False, ended="interrupted")
    trials = [place for place, one in enumerate(whole.entries) if isinstance(one, Trial)]
    report = build(replace(whole, entries=(*whole.entries[: trials[1]], *whole.entries[-1:])))
    assert report.status == "failed"
    assert report.gap.ratio is None
    assert "gave no figure" in report.gap.why


@pytest.mark.parametrize(
    ("prefix", "side", "left"),
    [("web", "the browser", "Native takes 10.0"), ("native", "native", "The browser takes")],
)
def test_a_model_that_one_side_cannot_run_gives_that_sides_report(prefix: str, side: str, left: str) -> None:
    message = "node 'gru_3' (GRU): not a registered operator"
    failures = tuple(
        PlantedFailure(rung=rung, message=message, kind="model", phase="create")
        for rung in PLANTED
        if rung.startswith(prefix)
    )
    report = build(record(Machine(latency_ms=PLANTED, failures=failures)))
    assert report.status == "failed"
    assert report.gap.ratio is None
    assert report.gap.why == f"{side} gave no figure: {message}"
    assert left in report.headline
    assert (report.latency_ms.native is None) == (prefix == "native")
    assert all(row.factor is None and row.why for row in report.causes)
    assert len(report.causes) == 6


@pytest.mark.parametrize("entries", [(), (End(at_s=1.0, reason="failed", text="no browser"),)])
def test_a_recording_without_a_single_trial_is_still_a_report(entries: tuple[End, ...]) -> None:
    report = build(Recording(begin=begin(), entries=entries))
    assert report.status == "failed"
    assert report.samples == ()
    unreached = "gave no figure: the run ended before it came to that"
    assert report.gap.why == f"native {unreached}; the browser {unreached}"


@pytest.mark.parametrize("rounds", [1, 2, 3])
def test_every_number_of_rounds_gives_a_report_while_it_runs(rounds: int) -> None:
    report = build(record(Machine(latency_ms=PLANTED, noise=0.02), rounds=rounds, passes=False, ended=None))
    assert report.rounds == rounds
    assert report.gap.ratio is not None
    assert report.causes[0].id == "threads"


def test_one_round_has_a_ranking_but_no_verdict() -> None:
    report = build(record(Machine(latency_ms=PLANTED), rounds=1, passes=False))
    assert report.status == "unreliable"
    assert all(row.verdict not in ("costs", "saves") for row in report.causes)
    assert report.gap.ratio is not None
    assert (report.gap.ratio.level, report.gap.ratio.rounds) == (0.0, 1)


@pytest.mark.parametrize("cut", range(0, 80, 7))
def test_a_recording_cut_anywhere_is_a_report(cut: int) -> None:
    whole = record(Machine(latency_ms=PLANTED, noise=0.02), FULL, rounds=4, side_rounds=2, outputs=GOOD)
    assert build(replace(whole, entries=whole.entries[:cut])).causes


def test_a_noisy_null_says_that_nothing_is_resolved() -> None:
    report = build(record(Machine(noise=0.02, launch_noise=0.02), Settings(threads=2)))
    assert report.headline.startswith("No difference between browser and native is resolved")
    assert all(row.share is None for row in report.causes)
    assert report.gap.why
