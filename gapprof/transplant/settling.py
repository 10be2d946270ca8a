"""Which hot functions are timed: those whose recorded calls do the same on both sides, and as in the run."""

import platform
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as changed
from statistics import median

from msgspec.structs import replace

from gapprof.errors import EnvironmentUnusable
from gapprof.kernels.llvm.target import known_machine
from gapprof.records.transplant import HotFunction
from gapprof.text import numbers
from gapprof.transplant import native_side
from gapprof.transplant.discovery import discovered
from gapprof.transplant.native_case import NativeCase
from gapprof.transplant.native_text import transplant
from gapprof.transplant.recorded import STRETCH, Calls, last, thinned
from gapprof.transplant.web_side import Page
from gapprof.yardstick.wish import Effort

SHARE = 0.8
"""Of the time that wasm takes, which the functions are to hold."""
LEAST_SHARE = 0.01
"""Of one function: what takes less is too small to be seen by the sampler for what it is."""
MOST = 12
PASS_MS = 5.0
"""Of calls that are replayed one after the other: long enough to be timed, seldom interrupted."""
LEAST_OF_SAMPLED, MOST_OF_SAMPLED = 0.1, 10.0
"""Of the time that the sampler saw: calls that take less or more than that do not do what those of a run did.
What is nearer is measured, and its distance told beside it."""
DEADLINE_S = 120.0
"""For a page or a process beside the work that it does."""
_SLOWER = 4.0
"""How many times longer that work may take than it should: before it is compiled, on a busy machine."""
_LOOK = Effort(warmup_ms=300.0, sample_ms=1.0, samples=5)
_UNREADABLE = (ValueError, LookupError, TypeError, struct.error)
"""What decoding and lowering raise for code that no build of onnxruntime-web has had so far."""


def deadline_s(work_ms: float) -> float:
    """Within which a page or a process has to be done that has so much to do."""
    return DEADLINE_S + _SLOWER * work_ms / 1e3


def natively(page: Page, calls: Sequence[Calls], effort: Effort, *, seed: int) -> native_side.Answer:
    """All of them in one fresh process. Raises EnvironmentUnusable, with the reason."""
    asked = native_side.Asked(
        module=str(page.dist / page.wasm),
        cases=tuple(_case(one) for one in calls),
        effort=effort,
        seed=seed,
    )
    return native_side.replayed(asked, scratch=page.scratch, deadline_s=replaying_s(calls, effort))


def replaying_s(calls: Sequence[Calls], effort: Effort) -> float:
    """A deadline for both sides: each sample is of one pass or more, with one before it."""
    passes_ms = [max(one.pass_ms, effort.sample_ms) for one in calls]
    return deadline_s(sum(effort.warmup_ms + 2 * (effort.samples + 2) * pass_ms for pass_ms in passes_ms))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """One page's hot functions, gone through from the hottest on."""

    page: Page
    hot: Mapping[int, float]
    """Function → ms of its own in a run, the hottest first."""
    attributes: Mapping[str, str]
    run_ms: float

    def settled(self) -> tuple[tuple[HotFunction, ...], tuple[Calls, ...]]:
        """Functions that were looked at, and the calls of those that are to be timed."""
        told: list[HotFunction] = []
        calls: list[Calls] = []
        inside: dict[int, int] = {}
        for function, self_ms in list(self.hot.items())[:MOST]:
            enough = sum(one.measured_ms for one in told if not one.why) >= SHARE * self._wasm_ms
            if enough or self_ms < LEAST_SHARE * self._wasm_ms:
                break
            one, found = HotFunction(function=function, self_ms=self_ms), None
            if function in inside:
                one = replace(one, why=f"it is timed with function {inside[function]}, which calls it")
            else:
                one, found, functions = self._looked_at(one)
            if found is not None:
                fresh = [callee for callee in self._sampled(functions) if callee not in inside]
                inside |= dict.fromkeys(fresh, function)
                one = replace(one, inside_ms=sum(self.hot[callee] for callee in fresh))
                calls.append(found)
            told.append(one)
        return tuple(told), tuple(calls)

    @property
    def _wasm_ms(self) -> float:
        return sum(self.hot.values())

    def _sampled(self, functions: Sequence[int]) -> list[int]:
        """Of those that the first calls, the ones that are hot by themselves."""
        return [one for one in functions[1:] if self.hot.get(one, 0.0) >= LEAST_SHARE * self._wasm_ms]

    def _looked_at(self, told: HotFunction) -> tuple[HotFunction, Calls | None, tuple[int, ...]]:
        """Its calls, as many as give the same bytes on both sides, and what their native code is made of."""
        page = self.page
        try:
            machine = known_machine(platform.machine())
            text = transplant(page.module, told.function, machine=machine, attributes=self.attributes)
            if why := self._why_not_its_own(told, text.functions):
                return replace(told, why=why), None, ()
            calls = page.recorded(told.function, deadline_s=self._recording_s())
        except _UNREADABLE as error:
            return replace(told, why=_reason(error)), None, ()
        except EnvironmentUnusable as error:
            return replace(told, why=error.message), None, ()
        calls = changed(calls, call_ms=told.self_ms / calls.calls)
        most = max(STRETCH, round(calls.calls * PASS_MS / told.self_ms))
        for attempt in (thinned(calls, most), last(calls)):
            found = discovered(
                page.dist / page.wasm,
                _case(attempt),
                scratch=page.scratch,
                deadline_s=deadline_s(attempt.pass_ms),
            )
            attempt = changed(attempt, also=found.case.also, places=found.case.places)
            told = replace(
                told,
                calls=calls.calls,
                rows=attempt.rows,
                taken_along=max(0, len(found.functions) - 1),
                goes_on=found.goes_on,
                vectors_at_once=found.vectors_at_once,
                why=found.why
                or self._why_not_its_own(told, found.functions)
                or self._why_not_alike(told, attempt, found.functions, found.sha256),
            )
            if not told.why:
                return told, attempt, found.functions
        calls.image.unlink()
        return replace(told, rows=0, goes_on=False), None, ()

    def _recording_s(self) -> float:
        pace = self.page.job.pace
        return deadline_s(pace.warmup_ms + (pace.warmup_runs + 2) * self.run_ms)

    def _why_not_its_own(self, told: HotFunction, functions: Sequence[int]) -> str:
        """Empty where it calls none that is hotter: its time would be that one's."""
        hotter = next((one for one in self._sampled(functions) if self.hot[one] >= told.self_ms), None)
        return "" if hotter is None else f"it calls function {hotter}, which takes more time than it itself"

    def _why_not_alike(self, told: HotFunction, calls: Calls, functions: Sequence[int], sha256: str) -> str:
        """Empty where both sides can be timed, leave the same bytes, and V8 takes as long as in the run."""
        try:
            there, _ = self.page.replayed([calls], _LOOK, seed=0, deadline_s=replaying_s([calls], _LOOK))
            natively(self.page, [calls], _LOOK, seed=0)
        except EnvironmentUnusable as error:
            return error.message
        if there.sha256 != (sha256,):
            return "native code and V8 leave different bytes"
        replayed_ms = median(there.samples_us[0]) * calls.calls / 1e3
        with_called_ms = sum(self.hot.get(one, 0.0) for one in functions)
        if LEAST_OF_SAMPLED * told.self_ms <= replayed_ms <= MOST_OF_SAMPLED * with_called_ms:
            return ""
        return (
            f"by {calls.rows} of its {calls.calls} calls it would take {numbers.ms(replayed_ms)} a run, "
            f"and the sampler saw {numbers.ms(told.self_ms)}"
        )


def _case(calls: Calls) -> NativeCase:
    return NativeCase(
        function=calls.function,
        image=str(calls.image),
        rows_file=str(calls.table),
        rows=calls.rows,
        variables=calls.variables,
        also=calls.also,
        places=calls.places,
    )


def _reason(error: Exception) -> str:
    """A ValueError is raised with a reason; what else comes of odd code says little by itself."""
    return str(error) if isinstance(error, ValueError) else f"its code cannot be read ({error!r})"
