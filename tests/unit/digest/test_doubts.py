from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.digest.doubts import doubts
from gapprof.explain.report import build
from gapprof.records.report import CheckRow
from gapprof.records.trial import CoreWork, Trial
from tests.truth.recorder import record
from tests.unit.render import reports


def test_failed_checks_come_before_warnings_and_sampling_comes_last() -> None:
    found = doubts(reports.unreliable())
    assert found[0].startswith("Failed check: another process")
    assert found[1].startswith("The browser runs without its sandbox")
    assert found[-1].startswith("9 rounds")


def test_what_helps_on_a_noisy_machine_stands_before_all_but_failed_checks_and_is_said_once() -> None:
    slow = CoreWork(fastest_us=(200.0,), before_us=(205.0,), after_us=(370.0,), used=(), waited_ms=0.0)
    recording = record(Machine(), rounds=4)
    beside = [
        replace(one, load=replace(one.load, core_work=slow)) if isinstance(one, Trial) else one
        for one in recording.entries
    ]
    dims = replace(recording.begin.model, assumed_dims={"N": 1})
    begin = replace(recording.begin, model=dims)
    report = build(replace(recording, begin=begin, entries=tuple(beside)))
    found = doubts(report)
    assert found[0].startswith("Trials that count were disturbed from outside: what helps is")
    assert any("a core was slow" in one for one in found[1:])
    assert any(one.startswith("Free dimensions") for one in found[2:])
    assert sum("what helps" in one for one in found) == 1
    failed = CheckRow(id="made-up", kind="harness", status="fail", text="wrong", concerns="report")
    graver = doubts(replace(report, checks=(*report.checks, failed)))
    assert graver == ("Failed check: wrong.", *found)


def test_every_doubt_is_a_whole_sentence() -> None:
    report = replace(reports.ok(), warnings=("free dimensions were taken as N=1",))
    for sentence in doubts(report):
        assert sentence[0] == sentence[0].upper()
        assert sentence[-1] in ".…"


def test_what_differs_in_nothing_but_numbers_is_said_once() -> None:
    warnings = tuple(f"other programs used {load} % of a core" for load in (95, 102.5, 141))
    found = doubts(replace(reports.ok(), warnings=warnings))
    assert "Other programs used 95 % of a core. (2 more like it.)" in found
    assert not [sentence for sentence in found if "141" in sentence]


def test_a_reason_that_several_causes_share_is_said_once() -> None:
    report = reports.ok()
    causes = tuple(replace(cause, why="its interval includes 1") for cause in report.causes)
    shared = [sentence for sentence in doubts(replace(report, causes=causes)) if "includes 1" in sentence]
    assert len(shared) == 1
    impossible = {cause.id for cause in causes if cause.verdict == "not-applicable" and cause.factor is None}
    assert impossible == {"gpu-abstraction", "threads"}
    assert {cause.id for cause in causes if cause.title not in shared[0]} == impossible


def test_what_could_not_be_checked_of_a_cause_that_cannot_be_here_is_no_news() -> None:
    report = reports.ok()
    unchecked = CheckRow(
        id="made-up", kind="harness", status="unknown", text="nobody looked", concerns="threads"
    )
    impossible = replace(report, checks=(unchecked,))
    assert not any("nobody looked" in sentence for sentence in doubts(impossible))
    elsewhere = replace(report, checks=(replace(unchecked, concerns="simd"),))
    assert any("nobody looked" in sentence for sentence in doubts(elsewhere))
    failed = replace(report, checks=(replace(unchecked, status="fail"),))
    assert any("nobody looked" in sentence for sentence in doubts(failed))


def test_a_reader_never_meets_the_id_of_a_rung() -> None:
    report = replace(reports.ok(), warnings=("web-worker failed twice in /a/web-worker/x",))
    assert '"In a worker of a quiet page" failed twice in /a/web-worker/x.' in doubts(report)


def test_a_cause_that_was_not_exercised_keeps_the_busy_pages_figure() -> None:
    report = reports.ok()
    why = "not exercised here; on the built-in busy page 1.50x [1.48, 1.52]"
    contention = replace(report.causes[2], verdict="not-applicable", why=why)
    found = doubts(replace(report, causes=(*report.causes[:2], contention, *report.causes[3:])))
    assert f"{contention.title}: {why}." in found


def test_a_failed_run_has_one_reason_and_not_one_a_cause() -> None:
    assert doubts(reports.failed()) == ()


def test_what_limits_a_measured_figure_is_a_doubt() -> None:
    machine = Machine(latency_ms=ladder_ms({"native-128": 2.0, "native-all-128": 2.0}))
    assert any("SSE encoding that wasm does not pay" in text for text in doubts(build(record(machine))))
