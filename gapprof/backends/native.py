"""onnxruntime in a fresh worker process per visit."""

import dataclasses
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from msgspec.structs import replace

from gapprof.guard import Guard
from gapprof.native.broken import failure
from gapprof.native.ended import failure_without_answer
from gapprof.native.isa.host import why_not
from gapprof.native.isa.proof import Ceilings
from gapprof.native.memory_limit import default_limit_bytes
from gapprof.native.process import Ended, exchange
from gapprof.native.python import module_command
from gapprof.native.sentinel import sentinel_model
from gapprof.native.wire import Answer, Request
from gapprof.places import cache_dir
from gapprof.records.backend import Backend
from gapprof.records.environment import Setting
from gapprof.records.job import Job
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure, Profile, Trial

WORKER = module_command("gapprof.native.worker")
_NO_GPU = (
    "the onnxruntime beside gapprof runs models on the processor alone; builds for GPUs are distributions of "
    "their own, which gapprof does not run yet"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeBackend:
    """Runs the model in onnxruntime on this machine's CPU; the instruction ceiling is per process."""

    id: str = "native"
    command: tuple[str, ...] = WORKER
    cache_folder: Path | None = None
    """Where to keep what the scan for CPUID found."""
    memory_limit_bytes: int | None = None
    """None: what this machine has."""
    ceilings: Ceilings | None = None
    """None until a run opens this backend; then each ceiling is tried before a rung counts on it."""

    def open(self, _settings: Settings, guard: Guard) -> Backend:
        """No option matters here, and a worker ends by itself when gapprof does."""
        return dataclasses.replace(self, ceilings=Ceilings(guard=guard, cache_folder=self.cache_folder))

    def refuse(self, setting: Setting) -> str | None:
        """Why this machine cannot give that setting. Each ceiling costs a process, once a run."""
        if setting.backend != self.id:
            return f"the native side does not realise {setting.backend!r}"
        if setting.device == "gpu":
            return _NO_GPU
        if setting.pacing != "back-to-back":
            return "native runs are made back to back; there is no page whose events could pace them"
        if setting.threads < 1:
            return f"onnxruntime needs at least one thread, not {setting.threads}"
        return why_not(setting.isa) if self.ceilings is None else self.ceilings.why_not(setting.isa)

    def timed(self, job: Job) -> Trial | Failure:
        """Warm up, then time, in a process that does nothing else meanwhile."""
        answer = self._ask("timed", job, lambda _: None)
        return answer if isinstance(answer, Trial | Failure) else _mixed_up(job)

    def profiled(self, job: Job, timed: Callable[[Trial], None]) -> Profile | Failure:
        """The same, then runs without and with onnxruntime's profiler, and the cost of dispatch."""
        answer = self._ask("profiled", job, timed)
        return answer if isinstance(answer, Profile | Failure) else _mixed_up(job)

    def traced(self, job: Job) -> None:
        """There is no browser to trace."""

    def _ask(self, task: Literal["timed", "profiled"], job: Job, timed: Callable[[Trial], None]) -> Answer:
        """The last answer; a Failure where a profile was asked for and only the trial came."""
        deadline_s = job.pace.deadline_s

        def hear(answer: Answer) -> None:
            if isinstance(answer, Trial):
                timed(answer)

        try:
            ended = self._exchange(task, job, hear)
        except OSError as error:
            message = f"the native worker could not be started: {error}"
            return failure(job, phase="start", kind="environment", message=message)
        match ended.answer:
            case None:
                return failure_without_answer(ended, job, deadline_s)
            case Trial() if task == "profiled":
                return failure_without_answer(ended, job, deadline_s)
            case Failure(detail=""):
                return replace(ended.answer, detail=ended.stderr)
            case answer:
                return answer

    def _exchange(
        self, task: Literal["timed", "profiled"], job: Job, hear: Callable[[Answer], None]
    ) -> Ended:
        # The model's folder belongs to this run; what a killed gapprof leaves there goes with it.
        with tempfile.TemporaryDirectory(prefix="native-", dir=Path(job.model_path).parent) as scratch:
            request = Request(
                task=task,
                job=job,
                cache_folder=str(self.cache_folder) if self.cache_folder is not None else None,
                scratch_folder=scratch,
                memory_limit_bytes=self.memory_limit_bytes or default_limit_bytes(),
                sentinel_model=sentinel_model(),
            )
            return exchange(request, command=self.command, deadline_s=job.pace.deadline_s, hear=hear)


def _mixed_up(job: Job) -> Failure:
    message = "the native worker answered another question than it was asked"
    return failure(job, phase="stop", kind="crash", message=message)


BACKEND = NativeBackend(cache_folder=cache_dir())
