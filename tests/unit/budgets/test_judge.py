import json

import jsonschema
import pytest
from msgspec.structs import replace

from gapprof.budgets.judge import judge
from gapprof.errors import ExitCode
from gapprof.facts.adapters import SOFTWARE_SENTENCE
from gapprof.records import schema
from gapprof.records.codec import encode_document
from gapprof.records.gate import Gate, Level, Limit, Rule
from gapprof.records.report import Report
from gapprof.records.surface import Surface
from gapprof.terminal.gate import drawn
from tests.scenarios.reading import report
from tests.unit.render import reports


def limit(key: str, most: float, level: Level = "error") -> Limit:
    return Limit(key=key, max=most, level=level, origin="test")


def held(report: Report, *limits: Limit, rule: Rule = "interval", allow_noisy: bool = False) -> Gate:
    return judge(report, limits, rule=rule, allow_noisy=allow_noisy)


RATIO = reports.ok().gap.ratio
assert RATIO is not None


@pytest.mark.parametrize(
    ("most", "by_interval", "by_point"),
    [
        (RATIO.high * 1.01, "holds", "holds"),
        (RATIO.point * 1.001, "holds", "holds"),
        (RATIO.point * 0.999, "unclear", "exceeded"),
        (RATIO.low, "unclear", "exceeded"),
        (RATIO.low * 0.999, "exceeded", "exceeded"),
    ],
)
def test_a_limit_is_exceeded_only_where_the_whole_interval_is(
    most: float, by_interval: str, by_point: str
) -> None:
    for rule, verdict in (("interval", by_interval), ("point", by_point)):
        gate = held(reports.ok(), limit("total_ratio", most), rule="point" if rule == "point" else "interval")
        assert gate.budgets[0].verdict == verdict
        assert gate.exit_code == (ExitCode.FAILED_CHECK if verdict == "exceeded" else ExitCode.OK)


def test_a_warning_is_said_and_fails_nothing() -> None:
    gate = held(reports.ok(), limit("total_ratio", 1.0, "warn"), limit("web_ms", 1000.0))
    assert gate.exit_code == ExitCode.OK
    assert gate.headline.startswith("No budget failed, 1 of 2 warned: the gap 7.3x ")


def test_one_exceeded_limit_among_kept_ones_fails() -> None:
    gate = held(reports.ok(), limit("web_ms", 1000.0), limit("factor.simd", 1.1), limit("native_ms", 1000.0))
    assert [one.verdict for one in gate.budgets] == ["holds", "exceeded", "holds"]
    assert gate.exit_code == ExitCode.FAILED_CHECK
    assert gate.headline.startswith("1 of 3 budgets failed: 128-bit vectors")


@pytest.mark.parametrize(
    ("key", "figure"),
    [
        ("total_ratio", reports.ok().gap.ratio),
        ("web_ms", reports.ok().latency_ms.web),
        ("native_ms", reports.ok().latency_ms.native),
        ("factor.residual", reports.ok().residual.factor),
        ("factor.simd", next(row.factor for row in reports.ok().causes if row.id == "simd")),
    ],
)
def test_a_key_is_held_against_its_own_figure(key: str, figure: object) -> None:
    assert held(reports.ok(), limit(key, 1.0)).budgets[0].figure == figure


def unmeasured(report: Report, cause: str) -> Report:
    causes = tuple(
        replace(row, factor=None, verdict="not-measured", why="no Node here") if row.id == cause else row
        for row in report.causes
    )
    return replace(report, causes=causes)


@pytest.mark.parametrize("rule", ["interval", "point"])
def test_a_cause_that_was_not_measured_passes_no_budget(rule: Rule) -> None:
    gate = held(unmeasured(reports.ok(), "simd"), limit("factor.simd", 100.0), rule=rule)
    assert (gate.budgets[0].verdict, gate.budgets[0].why) == ("unknown", "no Node here")
    assert gate.exit_code == ExitCode.FAILED_CHECK
    assert "no Node here" in gate.headline


def test_a_missing_figure_at_level_warn_warns() -> None:
    gate = held(unmeasured(reports.ok(), "simd"), limit("factor.simd", 100.0, "warn"))
    assert gate.exit_code == ExitCode.OK
    assert "1 of 1 warned" in gate.headline


def test_a_cause_that_the_report_has_never_heard_of_passes_no_budget() -> None:
    older = replace(reports.ok(), causes=tuple(row for row in reports.ok().causes if row.id != "simd"))
    assert held(older, limit("factor.simd", 100.0)).budgets[0].verdict == "unknown"


def test_a_cause_that_the_backend_cannot_have_costs_nothing() -> None:
    gate = held(reports.ok(), limit("factor.gpu-abstraction", 1.01))
    assert (gate.budgets[0].verdict, gate.budgets[0].why) == ("not-applicable", "the model runs on the CPU")
    assert gate.exit_code == ExitCode.OK


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("failed", ExitCode.MODEL_UNUSABLE),
        ("outputs-differ", ExitCode.OUTPUTS_DIFFER),
        ("unreliable", ExitCode.UNRELIABLE),
        ("partial", ExitCode.PARTIAL),
    ],
)
@pytest.mark.parametrize("most", [1e-3, 1e6], ids=["exceeded", "kept"])
def test_a_report_that_may_not_be_believed_passes_no_budget(kind: str, code: ExitCode, most: float) -> None:
    gate = held(reports.EVERY[kind](), limit("total_ratio", most))
    assert gate.exit_code == code
    assert "passes no budget" in gate.headline


@pytest.mark.parametrize(("most", "code"), [(1e-3, ExitCode.FAILED_CHECK), (1e6, ExitCode.OK)])
def test_noise_that_was_allowed_decides(most: float, code: ExitCode) -> None:
    assert held(reports.unreliable(), limit("total_ratio", most), allow_noisy=True).exit_code == code


def test_what_is_written_is_valid_against_the_schema_that_ships() -> None:
    shipped = json.loads(schema.PATH.with_name("check.schema.json").read_text(encoding="utf-8"))
    for kind in reports.EVERY.values():
        gate = held(kind(), limit("total_ratio", 1.0), limit("factor.gpu-abstraction", 1.0, "warn"))
        jsonschema.validate(json.loads(encode_document(gate)), shipped)


@pytest.mark.parametrize("most", [1e4, 1e-4], ids=["holds", "exceeded"])
def test_no_budget_is_told_of_a_software_adapter_as_of_a_gpu(most: float) -> None:
    """The sentence stands above every figure, in what is drawn and in what is written."""
    gate = held(report("gpu/chain"), limit("web_ms", most), allow_noisy=True)
    sentence = f"{SOFTWARE_SENTENCE[0].upper()}{SOFTWARE_SENTENCE[1:]}."
    verdict = "The budget holds" if most > 1 else "1 of 1 budgets failed"
    assert gate.headline.startswith(f"{sentence} {verdict}: ")
    assert drawn(gate, Surface(width=200)).startswith(sentence)
    assert SOFTWARE_SENTENCE not in held(reports.ok(), limit("web_ms", most)).headline


def test_a_report_on_software_that_may_not_be_believed_has_its_figures_headed_all_the_same() -> None:
    gate = held(replace(report("gpu/chain"), status="unreliable"), limit("web_ms", 1e4))
    assert gate.headline.lower().startswith(SOFTWARE_SENTENCE.lower())
    assert "so it passes no budget" in gate.headline
