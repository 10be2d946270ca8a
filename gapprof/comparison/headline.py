"""The one sentence: whether the gap moved, and which causes moved it."""

import math
from collections.abc import Iterable, Iterator, Sequence

from gapprof.comparison.kin import PROGRAMS
from gapprof.digest.adapter import on_software, software_sentence
from gapprof.explain.diagnosis import CAUSES
from gapprof.facts.adapters import SOFTWARE_SENTENCE
from gapprof.records.comparison import Change, Difference
from gapprof.records.report import Report
from gapprof.text import numbers
from gapprof.text.names import harmless

_MOST_CAUSES = 3
_WORD = 80
_PROGRAMS = {"build": "the build of onnxruntime-web", "driver": "the graphics driver"}
"""Where a report's own name of it would not be understood."""


def headline(
    before: Report,
    after: Report,
    gap: Change,
    latencies: Iterable[Change],
    causes: Iterable[Change],
    strangers: Sequence[Difference],
) -> str:
    """Of the whole comparison; latencies are said only where they moved themselves."""
    for when, report in (("first", before), ("second", after)):
        if report.status == "outputs-differ":
            differing = (
                f"The outputs of the {when} run differ between its sides, so its times do not compare."
            )
            return " ".join((*_software(before, after), differing))
    moved = [change for change in causes if change.verdict in ("grew", "shrank")]
    moved.sort(key=lambda change: -abs(_ln(change)))
    sentences = [*_software(before, after), _gap(gap, [_part(change) for change in moved[:_MOST_CAUSES]])]
    sides = [_side(change) for change in latencies if change.verdict in ("grew", "shrank")]
    if sides:
        said = " and ".join(sides)
        sentences.append(f"{said[:1].upper()}{said[1:]} than before.")
    versions = [_version(one) for one in strangers if one.what in PROGRAMS]
    if versions:
        sentences.append(f"Between the runs {_listed(versions)}.")
    return " ".join(sentences)


def _software(before: Report, after: Report) -> Iterator[str]:
    """What belongs above every figure of a software adapter."""
    which = [when for when, report in (("first", before), ("second", after)) if on_software(report)]
    if len(which) == 1:
        yield f"Of the {which[0]} run: {SOFTWARE_SENTENCE}."
    else:
        yield from software_sentence(before)


def _gap(gap: Change, parts: Sequence[str]) -> str:
    if gap.factor is None or gap.before is None or gap.after is None:
        told = f"The gap was not compared: {gap.why}"
        return f"{told}; yet {_listed(parts)}." if parts else f"{told}."
    if gap.verdict == "no-change":
        told = f"No change in the gap: {numbers.change_with_interval(gap.factor)}"
        return f"{told}; yet {_listed(parts)}." if parts else f"{told}{_blind(gap)}."
    if gap.verdict == "unclear":
        told = f"Whether the gap changed is unclear: {numbers.change_with_interval(gap.factor)}"
        return f"{told}; yet {_listed(parts)}." if parts else f"{told}."
    ratio = math.exp(abs(_ln(gap)))
    told = (
        f"The gap {gap.verdict} {numbers.factor(ratio)}, "
        f"from {numbers.factor(gap.before.point)} to {numbers.factor(gap.after.point)}"
    )
    return f"{told}: {_listed(parts) if parts else 'no single cause was found to have moved'}."


def _blind(gap: Change) -> str:
    """What the runs were too short to see."""
    return "" if gap.resolves is None else f"; less than {numbers.factor(gap.resolves)} would not have shown"


def _part(change: Change) -> str:
    """`1.2x more comes with fewer threads`."""
    size = numbers.factor(math.exp(abs(_ln(change))))
    return f"{size} {'more' if change.verdict == 'grew' else 'less'} {_phrase(change)}"


def _phrase(change: Change) -> str:
    if change.id == "residual":
        return "is not separated yet"
    known = CAUSES.get(change.id)
    return known.phrase if known else f"comes with {harmless(change.title, _WORD)}"


def _side(change: Change) -> str:
    where = "the browser" if change.id == "web" else "native"
    word = "slower" if change.verdict == "grew" else "faster"
    return f"{where} is {numbers.factor(math.exp(abs(_ln(change))))} {word}"


def _version(moved: Difference) -> str:
    """`onnxruntime-web moved from 1.30.0 to 1.31.0`; a digest only says that there is another one."""
    if moved.what == "wasm":
        return "the served wasm changed"
    what = _PROGRAMS.get(moved.what, moved.what)
    return f"{what} moved from {moved.before} to {moved.after}"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _ln(change: Change) -> float:
    return math.log(change.factor.point) if change.factor else 0.0
