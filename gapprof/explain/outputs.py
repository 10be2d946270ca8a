"""The output gate: which rungs computed what the reference computed, within what their type can hold."""

from collections.abc import Sequence

from gapprof.facts.agreement import agrees, difference, quantised
from gapprof.facts.case import Case
from gapprof.facts.ladder import is_native, planned
from gapprof.facts.parted import parted_told, parting
from gapprof.records.report import CheckRow
from gapprof.records.trial import OutputCheck
from gapprof.text.names import harmless


def wrong_outputs(case: Case) -> frozenset[str]:
    """Rungs with an output that does not agree."""
    return frozenset(check.rung for check in case.recording.of(OutputCheck) if not agrees(check))


def deciding(case: Case) -> frozenset[str]:
    """Rungs of the browser's main chain: only their outputs can condemn a report."""
    return frozenset(
        rung
        for rung, step in case.get(planned).items()
        if step.rung.role == "main" and not is_native(case, rung)
    )


def condemning_checks(case: Case) -> tuple[OutputCheck, ...]:
    """Of the browser's main chain, those that do not agree, in the order in which they were compared."""
    rungs = deciding(case)
    return tuple(
        check for check in case.recording.of(OutputCheck) if check.rung in rungs and not agrees(check)
    )


def told_check(case: Case) -> OutputCheck | None:
    """Of those that condemn, the first of the rung in whose page it was looked for where they part, else of
    all: the node that is named has to be of the output that is named."""
    told, wrong = case.get(parting), condemning_checks(case)
    of_that_page = (check for check in wrong if told is not None and check.rung == told.rung)
    return next(of_that_page, next(iter(wrong), None))


def outputs_differ(case: Case) -> bool:
    """Whether the browser computed something else than native: then no time compares."""
    return bool(condemning_checks(case))


def output_checks(case: Case) -> tuple[CheckRow, ...]:
    """One row for the browser's chain, one more for each other rung that differs."""
    checks = tuple(case.recording.of(OutputCheck))
    ours = [check for check in checks if check.rung in deciding(case)]
    rows = [_row("outputs", ours, "web", told_check(case), parted_told(case))]
    others = {check.rung: check for check in checks if not agrees(check) and check.rung not in deciding(case)}
    rows += [_labelled(case, check) for _, check in sorted(others.items())]
    return tuple(rows)


def output_warnings(case: Case) -> tuple[str, ...]:
    """Equal NaN positions agree, but a model that gives NaN is hardly doing what its owner thinks."""
    nan = {check.output: check.nan_count for check in case.recording.of(OutputCheck) if check.nan_count}
    return tuple(
        f"output {harmless(name, 60)} holds {count} NaN on both sides; they count as equal"
        for name, count in sorted(nan.items())
    )


def _row(
    check_id: str, found: Sequence[OutputCheck], concerns: str, wrong: OutputCheck | None, where: str
) -> CheckRow:
    if wrong is not None:
        text = "; ".join(filter(None, (difference(wrong), where)))
        return CheckRow(id=check_id, kind="subject", status="fail", text=text, concerns=concerns)
    if not found:
        text = "no output of the browser was compared with native's"
        return CheckRow(id=check_id, kind="subject", status="unknown", text=text, concerns=concerns)
    text = f"the browser's outputs agree with {found[0].reference}'s"
    return CheckRow(id=check_id, kind="subject", status="pass", text=text, concerns=concerns)


def _labelled(case: Case, check: OutputCheck) -> CheckRow:
    text = difference(check)
    if is_native(case, check.rung) and quantised(case.recording.begin.model):
        text += "; 8-bit weights saturate in AVX2's and plain AVX-512's integer kernels, so the time is kept"
    else:
        text += "; only this rung's own time is in doubt"
    return CheckRow(id=f"outputs-{check.rung}", kind="subject", status="fail", text=text, concerns=check.rung)
