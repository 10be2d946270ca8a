"""Doubts worth a sentence that are neither checks nor causes."""

import re
from collections.abc import Iterator

from gapprof.explain.outputs import output_warnings
from gapprof.explain.status import REASON, missing_side
from gapprof.explain.strikes import hindered
from gapprof.facts.case import Case
from gapprof.facts.cells import complete_rounds, counting
from gapprof.facts.coverage import coverage
from gapprof.facts.ladder import planned
from gapprof.facts.operators import join
from gapprof.facts.pace import other_pace
from gapprof.facts.profiles import NATIVE, WEB, profile_of
from gapprof.facts.unlucky import stack_luck
from gapprof.records.recording import Note
from gapprof.records.trial import Failure
from gapprof.text import numbers
from gapprof.text.names import harmless
from gapprof.text.quieter import WHAT_HELPS

_CLOSES = (0.95, 1.05)
_CRUMB = 0.01
"""Of the kernels' time: less than that is not worth a doubt."""
_SHOWN = 3
_SECONDS = re.compile(r"\d+(\.\d+)? s\b")
"""In a message: two timeouts are alike, whatever was left of each visit's time. Two exit codes, or two nodes
of a model, are not."""
_SIDES = {"native": "native", "chromium": "web", "node": "web"}
"""Backends that run the library; replays have none."""


def warnings(case: Case) -> tuple[str, ...]:
    """In order of what they put in doubt: the model, the comparison, the operators, single rungs."""
    found = (
        *_backends(case),
        *_model(case),
        *_versions(case),
        *output_warnings(case),
        *_closure(case),
        *_twins(case),
        *_pace(case),
        *_luck(case),
        *_hindered(case),
        *_failures(case),
        *(harmless(note.text, 300) for note in case.recording.of(Note)),
    )
    return tuple(dict.fromkeys(found))


def _backends(case: Case) -> Iterator[str]:
    settings = case.recording.begin.settings
    for backend, why in settings.backends_refused.items():
        yield f"measured on {settings.backend}, for {backend} could not be had: {harmless(why, REASON)}"


def _model(case: Case) -> Iterator[str]:
    model = case.recording.begin.model
    if model.assumed_dims:
        dims = ", ".join(f"{harmless(name, 40)}={size}" for name, size in sorted(model.assumed_dims.items()))
        yield f"free dimensions were taken as {dims}; set them with --shape"
    yield from (harmless(note, 300) for note in model.notes)


def _versions(case: Case) -> Iterator[str]:
    """A difference of versions would sit where native and web kernels meet."""
    steps = case.get(planned)
    versions: dict[str, str] = {}
    digest: str | None = None
    for trial in case.get(counting):
        step = steps.get(trial.rung)
        if step is not None and step.rung.environment.build == "served":
            side = _SIDES.get(step.rung.environment.backend)
            if side is not None:
                versions.setdefault(side, trial.seen.runtime_version)
            if side == "web":
                digest = digest or trial.seen.wasm_sha256
    if case.recording.begin.settings.web_dist is not None and "web" in versions:
        wasm = f" (wasm {harmless(digest, 12)})" if digest else ""
        yield (
            f"--web-dist served onnxruntime-web {harmless(versions['web'], 40)}{wasm} against native "
            f"onnxruntime {harmless(versions.get('native', 'unknown'), 40)}: what the versions differ by may "
            "be part of `library`, of `runtime` and of the residual"
        )
    elif len(set(versions.values())) > 1:
        yield (
            f"onnxruntime is {harmless(versions['native'], 40)} and onnxruntime-web "
            f"{harmless(versions['web'], 40)}: part of `library` and of the residual may be the version"
        )


def _closure(case: Case) -> Iterator[str]:
    found = {"natively": profile_of(case, NATIVE), "in the browser": profile_of(case, WEB)}
    off = {
        side: profile.closure
        for side, profile in found.items()
        if profile and profile.closure and not _CLOSES[0] <= profile.closure <= _CLOSES[1]
    }
    if off:
        sums = " and ".join(f"{numbers.percent(closure)} {side}" for side, closure in off.items())
        yield (
            f"operator times are approximate: operators, dispatch and marshalling sum to {sums} of an "
            "unprofiled run"
        )
    shares = {side: profile.kernel_share for side, profile in found.items() if profile}
    scaled = {side: share for side, share in shares.items() if share is not None and share < _CLOSES[0]}
    if scaled:
        parts = " and ".join(f"{numbers.percent(share)} {side}" for side, share in scaled.items())
        twins = "; what twin kernels are compared with is scaled alike" if case.get(coverage) else ""
        yield (
            f"operator times were scaled to {parts} of what the profiler reported, so that they fit into an "
            "unprofiled run beside dispatch and marshalling: whose the excess is was not measured, and their "
            f"order is more reliable than their ms{twins}"
        )
    joined = case.get(join)
    if joined is not None and joined.share < 1:
        yield f"{numbers.percent(joined.share)} of the nodes were found on both sides, the rest on one only"


def _twins(case: Case) -> Iterator[str]:
    """What twin kernels say nothing of, where that is more than crumbs."""
    found = case.get(coverage)
    if found is None:
        return
    large = [row for row in found.lacking if row.share >= _CRUMB]
    if large:
        shown = [
            f"{harmless(row.op_type, 40)} ({numbers.percent(row.share)}: {harmless(row.why, REASON)})"
            for row in large[:_SHOWN]
        ]
        rest = len(found.lacking) - len(shown)
        more = f"; {rest} more have none either" if rest else ""
        yield (
            f"twin kernels stand for {numbers.percent(found.share)} of the kernels' time in the browser; "
            f"without one, and so not told apart: {', '.join(shown)}{more}"
        )


def _pace(case: Case) -> Iterator[str]:
    """Runs without a profiler beside profiled ones are the timed session's, and should take as long."""
    sides = (("natively", NATIVE), ("in the browser", WEB))
    off = {side: ratio for side, rung in sides if (ratio := other_pace(case, rung)) is not None}
    if off:
        times = " and ".join(f"{numbers.percent(ratio)} {side}" for side, ratio in off.items())
        yield (
            f"in the profiled passes a run without the profiler took {times} of a timed one: the operators' "
            "times, and what is computed from them, are of another moment"
        )


def _luck(case: Case) -> Iterator[str]:
    luck = stack_luck(case)
    if luck is not None:
        yield (
            f"in {luck.unlucky} of {luck.trials} browser launches the same wasm ran up to "
            f"{numbers.factor(luck.worst)} slower when it was woken up in one of several ways: the luck of "
            "where the stack lies, which your users have too; such a way is left out of its launch's figure"
        )


def _hindered(case: Case) -> Iterator[str]:
    """What would help; how much of it there was, the checks say."""
    if hindered(case):
        yield WHAT_HELPS


def _failures(case: Case) -> Iterator[str]:
    """One sentence per rung and way in which it failed; why there is no ratio is told elsewhere."""
    told = "" if case.get(complete_rounds) else missing_side(case)
    alike: dict[tuple[str, str, str], list[Failure]] = {}
    for failure in case.recording.of(Failure):
        way = _SECONDS.sub("", failure.message)
        alike.setdefault((failure.rung, failure.phase, way), []).append(failure)
    for (rung, phase, _), failures in sorted(alike.items(), key=lambda item: item[0][0]):
        if harmless(failures[-1].message, REASON) in told:
            continue
        times = "once" if len(failures) == 1 else f"{len(failures)} times"
        yield f"{rung} failed {times} ({phase}): {harmless(failures[-1].message, 200)}"
