"""Where the library's own hot functions are replayed: the user's browser, and a process for native code."""

import platform
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as changed
from statistics import median

from msgspec.structs import replace

from gapprof.errors import EnvironmentUnusable
from gapprof.kernels.llvm.target import known_machine
from gapprof.measure.journal import Journal
from gapprof.records.transplant import HotFunction, TransplantPlan, TransplantTime, TransplantTrial
from gapprof.transplant import native_side
from gapprof.transplant.discovery import discovered
from gapprof.transplant.native_case import NativeCase, target_for
from gapprof.transplant.native_text import transplant
from gapprof.transplant.recorded import STRETCH, Calls, last, thinned
from gapprof.transplant.web_side import Page
from gapprof.yardstick.wish import Effort

SHARE = 0.8
"""Of the time that wasm takes, which the functions are to hold."""
LEAST_SHARE = 0.01
"""Of one function: what takes less is too small to be seen by the sampler for what it is."""
MOST = 12
SAMPLED_RUNS_MS = 2000.0
_LOOK = Effort(warmup_ms=20.0, sample_ms=1.0, samples=3)
_IDLE = 0.1
"""Of the time that the sampler saw: what replays in less does not do what it did."""
PASS_MS = 5.0
"""Of calls that are replayed one after the other: long enough to be timed, seldom interrupted."""
_TIMING = Effort(warmup_ms=300.0, sample_ms=PASS_MS, samples=15)
"""An engine has compiled large functions after a quarter of a second of them (seen in Chromium 156)."""
_DEADLINE_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Everything that all rounds share."""

    journal: Journal
    page: Page
    calls: tuple[Calls, ...]
    target: str
    seed: int

    def time_in_page(self, number: int) -> None:
        """All functions in one fresh browser."""
        began_s = self.journal.now_s()
        answer, browser = self.page.replayed(
            self.calls, _TIMING, seed=self.seed + number, deadline_s=_DEADLINE_S
        )
        self._write("wasm", number, answer.samples_us, answer.sha256, browser, began_s)

    def time_natively(self, number: int) -> None:
        """All functions in one fresh process."""
        began_s = self.journal.now_s()
        answer = _natively(self.page, self.calls, _TIMING, seed=self.seed + number)
        self._write(self.target, number, answer.samples_us, answer.sha256, answer.engine, began_s)

    def _write(
        self,
        target: str,
        number: int,
        samples_us: Sequence[tuple[float, ...]],
        sha256: Sequence[str],
        engine: str,
        began_s: float,
    ) -> None:
        self.journal.write(
            TransplantTrial(
                target=target,
                round=number,
                times=tuple(
                    TransplantTime(function=one.function, samples_us=took, sha256=digest)
                    for one, took, digest in zip(self.calls, samples_us, sha256, strict=True)
                ),
                engine=engine,
                started_s=began_s,
                ended_s=self.journal.now_s(),
            )
        )


def prepared(journal: Journal, page: Page, *, run_ms: float, seed: int) -> Bench:
    """The hottest functions, their calls recorded, and both sides agreed on what these do to memory.

    Raises EnvironmentUnusable where there is no llvmlite, or no native code like V8's.
    """
    target = target_for(fused=False)
    runs = max(10, round(SAMPLED_RUNS_MS / run_ms))
    hot = page.hot(runs=runs, deadline_s=_DEADLINE_S)
    wasm_ms = sum(hot.values())
    if not hot:
        raise EnvironmentUnusable("the browser's sampler named no function of the wasm by its number")
    functions: list[HotFunction] = []
    calls: list[Calls] = []
    for one in _chosen(page, hot, target.attributes):
        if sum(hot[done.function] for done in calls) >= SHARE * wasm_ms:
            break
        found, told = _settled(page, one, {done.function for done in calls})
        functions.append(told)
        if found is not None:
            calls.append(found)
    journal.write(TransplantPlan(functions=tuple(functions), wasm_ms=wasm_ms, target=target.id))
    return Bench(journal=journal, page=page, calls=tuple(calls), target=target.id, seed=seed)


def _chosen(page: Page, hot: Mapping[int, float], attributes: Mapping[str, str]) -> Iterator[HotFunction]:
    """Those that are hot enough; one that calls another that is hotter is not timed for its own code."""
    wasm_ms = sum(hot.values())
    seen: set[int] = set()
    for function, self_ms in list(hot.items())[:MOST]:
        if self_ms < LEAST_SHARE * wasm_ms:
            return
        told = HotFunction(function=function, self_ms=self_ms)
        try:
            text = transplant(
                page.module, function, machine=known_machine(platform.machine()), attributes=attributes
            )
        except ValueError as error:
            yield replace(told, why=str(error))
            continue
        if why := _why_not_its_own(text.functions, seen):
            yield replace(told, why=why)
            continue
        seen.add(function)
        yield replace(told, taken_along=len(text.functions) - 1)


def _settled(page: Page, told: HotFunction, taken: Collection[int]) -> tuple[Calls | None, HotFunction]:
    """Its calls, as many as give the same bytes on both sides; `taken` are functions timed already."""
    if told.why:
        return None, told
    try:
        calls = page.recorded(told.function, deadline_s=_DEADLINE_S)
    except (ValueError, EnvironmentUnusable) as error:
        return None, replace(told, why=_reason(error))
    told = replace(told, calls=calls.calls)
    most = max(STRETCH, round(calls.calls * PASS_MS / told.self_ms))
    for attempt in (thinned(calls, most), last(calls)):
        found = discovered(
            page.dist / page.wasm, _case(attempt), scratch=page.scratch, deadline_s=_DEADLINE_S
        )
        attempt = changed(attempt, also=found.case.also, places=found.case.places)
        told = replace(told, rows=attempt.rows, taken_along=max(0, len(found.functions) - 1))
        told = replace(told, why=found.why or _why_not_its_own(found.functions, taken))
        if not told.why:
            told = replace(told, why=_why_not_alike(page, attempt, told, found.sha256))
        if not told.why:
            return attempt, told
    calls.image.unlink()
    return None, replace(told, rows=0)


def _why_not_its_own(functions: Sequence[int], taken: Collection[int]) -> str:
    """Empty where it calls none that is hotter and timed by itself."""
    hotter = next((one for one in functions[1:] if one in taken), None)
    return "" if hotter is None else f"it calls function {hotter}, which is hotter and timed by itself"


def _why_not_alike(page: Page, calls: Calls, told: HotFunction, sha256: str) -> str:
    """Empty where V8 leaves the same bytes, and does as much as it did in the run."""
    try:
        there, _ = page.replayed([calls], _LOOK, seed=0, deadline_s=_DEADLINE_S)
    except EnvironmentUnusable as error:
        return error.message
    if there.sha256 != (sha256,):
        return "native code and V8 leave different bytes"
    if calls.rows > 1 and median(there.samples_us[0]) * calls.calls < _IDLE * told.self_ms * 1e3:
        return "on memory that changed meanwhile its calls do nothing"
    return ""


def _natively(page: Page, calls: Sequence[Calls], effort: Effort, *, seed: int) -> native_side.Answer:
    asked = native_side.Asked(
        module=str(page.dist / page.wasm),
        cases=tuple(_case(one) for one in calls),
        effort=effort,
        seed=seed,
    )
    return native_side.replayed(asked, scratch=page.scratch, deadline_s=_DEADLINE_S)


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


def _reason(error: ValueError | EnvironmentUnusable) -> str:
    return error.message if isinstance(error, EnvironmentUnusable) else str(error)
