"""Everything that should keep a reader from believing too much, as whole sentences, gravest first."""

import re
from collections.abc import Iterable, Iterator, Mapping

from gapprof.digest.own_work import own_work_doubt
from gapprof.digest.why import RESIDUAL_TITLE
from gapprof.records.report import CauseRow, CheckRow, Report
from gapprof.text import numbers
from gapprof.text.quieter import WHAT_HELPS

_APART = 0.01
"""Of an unprofiled run: sums with and without a cut that differ by less are one figure."""
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_ID = re.compile(r"(?<![\w/-])[a-z]+(?:-[a-z0-9.]+)+(?![\w/-])")
"""Kebab-case with at least one dash; `native` and `web` are words as well."""


def doubts(report: Report) -> tuple[str, ...]:
    """Failed checks, what helps, what was not checked, warnings, what is not explained or not exercised, and
    how it was sampled."""
    found = (
        *_failed(report),
        *(one for one in report.warnings if one == WHAT_HELPS),  # many read the first doubts alone
        *_not_checked(report),
        *_gap(report),
        *own_work_doubt(report),
        *report.warnings,
        *_residual(report),
        *_causes(report),
        *_caveats(report),
        *_profile(report),
        *((report.sampling,) if report.sampling else ()),
    )
    titles = {rung.id: rung.title for rung in report.rungs}
    return _gathered(_sentence(_translated(doubt, titles)) for doubt in found)


def gap_missing(report: Report) -> str:
    """Why there is no ratio; empty when there is one."""
    return "" if report.gap.ratio is not None else report.gap.why or "one side gave no figure"


def _gathered(sentences: Iterable[str]) -> tuple[str, ...]:
    """Those that differ in nothing but numbers become one, which says how many they were."""
    alike: dict[str, list[str]] = {}
    for sentence in dict.fromkeys(sentences):
        alike.setdefault(_NUMBER.sub("#", sentence), []).append(sentence)
    return tuple(
        group[0] if len(group) == 1 else f"{group[0]} ({len(group) - 1} more like it.)"
        for group in alike.values()
    )


def _sentence(words: str) -> str:
    closed = words if words.endswith((".", "!", "?", "…")) else f"{words}."
    return closed[:1].upper() + closed[1:]


def _translated(words: str, titles: Mapping[str, str]) -> str:
    """Ids of rungs are for machines; a reader gets their titles."""
    return _ID.sub(lambda found: f'"{titles[found[0]]}"' if found[0] in titles else found[0], words)


def _failed(report: Report) -> Iterator[str]:
    yield from (_check(report, check, "Failed check") for check in report.checks if check.status == "fail")


def _not_checked(report: Report) -> Iterator[str]:
    if report.status == "failed":
        return  # the headline says which side is missing; that its checks had nothing to look at is no news
    impossible = {cause.id for cause in report.causes if _impossible(cause)}
    for check in report.checks:
        if check.status == "unknown" and check.concerns not in impossible:
            yield _check(report, check, "Not checked")


def _check(report: Report, check: CheckRow, lead: str) -> str:
    titles = {rung.id: rung.title for rung in report.rungs} | {
        cause.id: cause.title for cause in report.causes
    }
    about = "" if check.concerns == "report" else f" ({titles.get(check.concerns, check.concerns)})"
    return f"{lead}: {check.text}{about}"


def _impossible(cause: CauseRow) -> bool:
    """Whether this backend cannot have it; what is merely not exercised has a figure from elsewhere."""
    return cause.verdict == "not-applicable" and cause.factor is None


def _gap(report: Report) -> Iterator[str]:
    if report.gap.ratio is not None and report.gap.why:
        yield f"The gap: {report.gap.why}"


def _residual(report: Report) -> Iterator[str]:
    if report.residual.why and report.status != "failed":
        yield f"{RESIDUAL_TITLE}: {report.residual.why}"


def _causes(report: Report) -> Iterator[str]:
    """One sentence a reason, whichever causes share it; none for what this backend cannot have."""
    if report.status == "failed":
        return
    by_reason: dict[str, list[str]] = {}
    for cause in report.causes:
        if cause.why and not _impossible(cause):
            by_reason.setdefault(cause.why, []).append(cause.title)
    yield from (f"{'; '.join(titles)}: {why}" for why, titles in by_reason.items())


def _caveats(report: Report) -> Iterator[str]:
    """What limits a figure although it was measured."""
    if report.status == "failed":
        return
    for cause in report.causes:
        if cause.factor is not None:
            yield from (f"{cause.title}: {one.text}" for one in cause.evidence if one.kind == "caveat")


def _profile(report: Report) -> Iterator[str]:
    """How far the operator table can be trusted: both sides' closure and what profiling itself costs."""
    closures = _both_sides(report, "profile_closure")
    if closures:
        sums = f"Operators, dispatch and marshalling add up to {_joined(closures)} of an unprofiled run"
        yield f"{sums}{_after_the_cut(report, closures)}."
    observed = _both_sides(report, "observer_ratio")
    if observed:
        yield f"Under the profiler a run takes {_joined(observed)} of its time; no timed run is profiled."


def _after_the_cut(report: Report, closures: Mapping[str, float]) -> str:
    """Where it matters: the share of the profiler's time at which kernels were taken, and the sum before."""
    uncut, shares = _both_sides(report, "uncut_closure"), _both_sides(report, "kernel_share")
    cut = [
        side
        for side, closed in closures.items()
        if side in shares and side in uncut and abs(closed - uncut[side]) > _APART
    ]
    if not cut:
        return ""
    taken, before = (_joined({side: one[side] for side in cut}) for one in (shares, uncut))
    return (
        f", after their kernels were taken at {taken} of what the profiler shows, by other runs than these "
        f"({before} before)"
    )


def _both_sides(report: Report, key: str) -> dict[str, float]:
    sides = {
        "natively": report.overhead.get(f"native_{key}"),
        "in the browser": report.overhead.get(f"web_{key}"),
    }
    return {where: value for where, value in sides.items() if value is not None}


def _joined(values: dict[str, float]) -> str:
    return " and ".join(f"{numbers.percent(value)} {where}" for where, value in values.items())
