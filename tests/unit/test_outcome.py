import pytest
from msgspec.structs import replace

from gapprof.errors import ExitCode
from gapprof.outcome import exit_code
from gapprof.records.report import LatencyPair, Report
from gapprof.records.trial import Failure
from tests.unit.render import reports
from tests.unit.render.rows import about


def failure(kind: str) -> Failure:
    return Failure(rung="web", round=0, started_s=0.0, ended_s=1.0, phase="create", kind=kind, message="no")


def code(
    report: Report, *, ended: str | None = "finished", kinds: tuple[str, ...] = (), allow_noisy: bool = False
) -> ExitCode:
    return exit_code(report, ended=ended, failures=map(failure, kinds), allow_noisy=allow_noisy)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("ok", ExitCode.OK),
        ("outputs-differ", ExitCode.OUTPUTS_DIFFER),
        ("unreliable", ExitCode.UNRELIABLE),
        ("partial", ExitCode.PARTIAL),
    ],
)
def test_each_status_has_its_code(kind: str, expected: ExitCode) -> None:
    assert code(reports.EVERY[kind]()) == expected


@pytest.mark.parametrize("kind", reports.EVERY)
def test_an_interruption_comes_before_everything(kind: str) -> None:
    assert code(reports.EVERY[kind](), ended="interrupted", kinds=("model",)) == ExitCode.INTERRUPTED


def test_noise_may_be_allowed_and_nothing_else() -> None:
    assert code(reports.unreliable(), allow_noisy=True) == ExitCode.OK
    assert code(reports.outputs_differ(), allow_noisy=True) == ExitCode.OUTPUTS_DIFFER
    assert code(reports.partial(), allow_noisy=True) == ExitCode.PARTIAL


def test_a_side_that_cannot_run_the_model_is_the_models_fault() -> None:
    native_only = replace(reports.failed(), latency_ms=LatencyPair(native=about(3.5), web=None))
    assert code(native_only, kinds=("model",)) == ExitCode.MODEL_UNUSABLE
    assert code(native_only, kinds=("out-of-memory",)) == ExitCode.MODEL_UNUSABLE


def test_a_browser_that_never_came_up_is_the_machines() -> None:
    assert code(reports.failed(), ended="failed", kinds=("environment",)) == ExitCode.ENVIRONMENT_UNUSABLE
    assert code(reports.failed(), ended="failed") == ExitCode.ENVIRONMENT_UNUSABLE


def test_two_sides_that_never_met_in_a_round_are_a_partial_result() -> None:
    both = LatencyPair(native=about(3.5), web=about(25.0))
    assert code(replace(reports.failed(), latency_ms=both), kinds=("crash",)) == ExitCode.PARTIAL


def test_a_failure_that_did_not_matter_changes_nothing() -> None:
    assert code(reports.ok(), kinds=("model", "crash")) == ExitCode.OK
