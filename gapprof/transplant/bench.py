"""Where the library's own hot functions are replayed: the user's browser, and a process for native code."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass

from gapprof.errors import EnvironmentUnusable
from gapprof.kernels.llvm.target import known_machine
from gapprof.measure.journal import Journal
from gapprof.records.transplant import TransplantPlan, TransplantTime, TransplantTrial
from gapprof.transplant.native_case import target_for
from gapprof.transplant.pressure import VECTOR_REGISTERS
from gapprof.transplant.recorded import Calls
from gapprof.transplant.settling import PASS_MS, Settling, deadline_s, natively, replaying_s
from gapprof.transplant.web_side import Page
from gapprof.yardstick.wish import Effort

SAMPLED_RUNS_MS = 2000.0
_TIMING = Effort(warmup_ms=300.0, sample_ms=PASS_MS, samples=15)
"""An engine has compiled large functions after a quarter of a second of them (seen in Chromium 156)."""


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
            self.calls, _TIMING, seed=self.seed + number, deadline_s=replaying_s(self.calls, _TIMING)
        )
        self._write("wasm", number, answer.samples_us, answer.sha256, browser, began_s)

    def time_natively(self, number: int) -> None:
        """All functions in one fresh process."""
        began_s = self.journal.now_s()
        answer = natively(self.page, self.calls, _TIMING, seed=self.seed + number)
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
    target, pace = target_for(fused=False), page.job.pace
    runs = max(1, round(SAMPLED_RUNS_MS / run_ms))
    hot = page.hot(runs=runs, deadline_s=deadline_s(pace.warmup_ms + (pace.warmup_runs + runs) * run_ms))
    if not hot:
        raise EnvironmentUnusable("the browser's sampler named no function of the wasm by its number")
    settling = Settling(page=page, hot=hot, attributes=target.attributes, run_ms=run_ms)
    functions, calls = settling.settled()
    journal.write(
        TransplantPlan(
            functions=functions,
            wasm_ms=sum(hot.values()),
            target=target.id,
            vector_registers=VECTOR_REGISTERS.get(known_machine(platform.machine()), 0),
        )
    )
    return Bench(journal=journal, page=page, calls=calls, target=target.id, seed=seed)
