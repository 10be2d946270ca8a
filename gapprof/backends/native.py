"""onnxruntime in a fresh worker process per visit."""

import dataclasses
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from gapprof import assets
from gapprof.fast_cores import Waiting, unheard
from gapprof.gpu.graphics import here
from gapprof.guard import Guard
from gapprof.native.broken import failure
from gapprof.native.ended import failure_without_answer
from gapprof.native.given_back import give_memory_back
from gapprof.native.interpreter import Interpreter, looked_at
from gapprof.native.isa.host import why_not
from gapprof.native.isa.proof import Ceilings
from gapprof.native.memory_limit import default_limit_bytes
from gapprof.native.process import Ended, exchange
from gapprof.native.python import module_command, own_environment
from gapprof.native.runtime import CPU
from gapprof.native.sentinel import sentinel_model
from gapprof.native.wire import Answer, Placed, Request, Task, Waited
from gapprof.places import cache_dir
from gapprof.records.backend import Backend
from gapprof.records.environment import Setting
from gapprof.records.job import Job
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure, Profile, Trial

_MODULE = "gapprof.native.worker"
WORKER = module_command(_MODULE)
_NO_GPU = (
    "the onnxruntime beside gapprof runs models on the processor alone; builds for GPUs are distributions of "
    "their own: --native-python names the interpreter of one"
)
_NO_CEILING = (
    "the ceiling is proven for the onnxruntime beside gapprof, and --native-python names another one"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeBackend:
    """Runs the model in onnxruntime on this machine; the instruction ceiling is per process."""

    id: str = "native"
    command: tuple[str, ...] = WORKER
    cache_folder: Path | None = None
    """Where to keep what the scan for CPUID found."""
    memory_limit_bytes: int | None = None
    """None: what this machine has."""
    ceilings: Ceilings | None = None
    """None until a run opens this backend; then each ceiling is tried before a rung counts on it."""
    interpreter: Interpreter | None = None
    """None: that which runs gapprof."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Of a worker's environment there."""
    waiting: Waiting = unheard

    def open(self, settings: Settings, guard: Guard, waiting: Waiting = unheard) -> Backend:
        """A worker ends by itself when gapprof does. Raises EnvironmentUnusable for `--native-python`."""
        ceilings = Ceilings(guard=guard, cache_folder=self.cache_folder)
        opened = dataclasses.replace(self, ceilings=ceilings, waiting=waiting)
        if settings.native_python is None:
            return opened
        other = looked_at(settings.native_python)
        needs_driver = other.provider("webgpu") is not None
        variables = here(assets.find_browser(settings.browser)).variables if needs_driver else {}
        return dataclasses.replace(opened, interpreter=other, variables=variables)

    def refuse(self, setting: Setting) -> str | None:
        """Why this machine cannot give that setting. Each ceiling costs a process, once a run."""
        if setting.backend != self.id:
            return f"the native side does not realise {setting.backend!r}"
        if setting.device == "gpu" and self._provider(setting) is None:
            return self._no_provider(setting)
        if setting.pacing != "back-to-back":
            return "native runs are made back to back; there is no page whose events could pace them"
        if setting.threads < 1:
            return f"onnxruntime needs at least one thread, not {setting.threads}"
        if self.interpreter is not None and setting.isa != "full":
            return _NO_CEILING
        return why_not(setting.isa) if self.ceilings is None else self.ceilings.why_not(setting.isa)

    def _provider(self, setting: Setting) -> str | None:
        if setting.device != "gpu":
            return CPU
        return None if self.interpreter is None else self.interpreter.provider(setting.provider)

    def _no_provider(self, setting: Setting) -> str:
        if self.interpreter is None:
            return _NO_GPU
        what = (
            "WebGPU provider" if setting.provider == "webgpu" else "provider for a GPU that is its vendor's"
        )
        has = ", ".join(self.interpreter.providers)
        return f"onnxruntime {self.interpreter.onnxruntime} of --native-python has no {what} (it has {has})"

    def timed(self, job: Job) -> Trial | Failure:
        """Warm up, then time, in a process that does nothing else meanwhile."""
        answer = self._ask("timed", job, lambda _: None)
        return answer if isinstance(answer, Trial | Failure) else _mixed_up(job)

    def profiled(self, job: Job, timed: Callable[[Trial], None]) -> Profile | Failure:
        """The same, then runs without and with onnxruntime's profiler, and the cost of dispatch.

        No other visit takes as much memory: what reading a large graph, or its last profile, took is given
        back before.
        """
        give_memory_back()
        answer = self._ask("profiled", job, timed)
        return answer if isinstance(answer, Profile | Failure) else _mixed_up(job)

    def traced(self, _job: Job, _timed: Callable[[Trial], None]) -> None:
        """There is no browser to trace."""

    def placed(self, job: Job) -> Placed | Failure:
        """Who runs which node, in a process that is asked nothing else."""
        answer = self._ask("placed", job, lambda _: None)
        return answer if isinstance(answer, Placed | Failure) else _mixed_up(job)

    def provider_of(self, setting: Setting) -> str:
        """The execution provider that sessions of this setting are made with."""
        return self._provider(setting) or CPU

    def _ask(self, task: Task, job: Job, timed: Callable[[Trial], None]) -> Answer:
        """The last answer; a Failure where a profile was asked for and only the trial came."""
        deadline_s = job.pace.deadline_s

        def hear(said: Answer | Waited) -> None:
            if isinstance(said, Trial):
                timed(said)
            elif isinstance(said, Waited):
                self.waiting(said.so_far_ms)

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

    def _exchange(self, task: Task, job: Job, hear: Callable[[Answer | Waited], None]) -> Ended:
        # The model's folder belongs to this run; what a killed gapprof leaves there goes with it.
        with tempfile.TemporaryDirectory(prefix="native-", dir=Path(job.model_path).parent) as folder:
            scratch, packages = Path(folder, "scratch"), Path(folder, "packages")
            scratch.mkdir()
            packages.mkdir()
            provider = self.provider_of(job.setting)
            request = Request(
                task=task,
                job=job,
                cache_folder=str(self.cache_folder) if self.cache_folder is not None else None,
                scratch_folder=str(scratch),
                # What a GPU's driver maps is address space as well, and more than there is memory.
                memory_limit_bytes=(self.memory_limit_bytes or default_limit_bytes())
                if provider == CPU
                else None,
                provider=provider,
                sentinel_model=sentinel_model(),
            )
            return exchange(
                request,
                command=self.interpreter.command(_MODULE) if self.interpreter else self.command,
                environment=(
                    self.interpreter.environment(packages, self.variables)
                    if self.interpreter
                    else own_environment()
                ),
                deadline_s=job.pace.deadline_s,
                hear=hear,
            )


def _mixed_up(job: Job) -> Failure:
    message = "the native worker answered another question than it was asked"
    return failure(job, phase="stop", kind="crash", message=message)


BACKEND = NativeBackend(cache_folder=cache_dir())
