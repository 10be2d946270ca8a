"""onnxruntime in this process: started once, under the instruction ceiling that the setting asks for."""

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from gapprof.native.isa import ceiling
from gapprof.native.stopwatch import elapsed_ms
from gapprof.proc import thread_use

CPU = "CPUExecutionProvider"
_ALLOW_SPINNING = "session.intra_op.allow_spinning"


class Port(Protocol):
    """A graph input or output as onnxruntime describes it."""

    name: str
    type: str
    shape: Sequence[int | str | None]


class Session(Protocol):
    """What we use of onnxruntime.InferenceSession."""

    def run(self, outputs: Sequence[str], feed: Mapping[str, Any]) -> list[Any]:
        """Run once; one array per output."""

    def get_inputs(self) -> Sequence[Port]:
        """Graph inputs that must be fed."""

    def get_outputs(self) -> Sequence[Port]:
        """Graph outputs."""

    def get_providers(self) -> Sequence[str]:
        """Execution providers, the first one before the others."""

    def end_profiling(self) -> str:
        """Write the profile; its path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """The imported module and what its start cost."""

    module: Any
    errors: tuple[type[Exception], ...]
    """Everything that onnxruntime raises about a model."""
    cold_ms: dict[str, float]
    """`ceiling` (only where there is one) and `import`."""
    ceiling_hits: int | None


class UnfitModelError(Exception):
    """The model or its inputs are nothing that this worker can run; says which input or output."""


class ProviderError(Exception):
    """onnxruntime made a session on another execution provider than the one it was asked for."""


def start_runtime(isa: str, cache: Path | None) -> Runtime:
    """Import onnxruntime, under a ceiling unless `isa` is `full`; raises CeilingError, ImportError."""
    cold_ms: dict[str, float] = {}
    if isa == "full":
        cold_ms["import"] = elapsed_ms(_import)
        hits = None
    else:
        installed: list[ceiling.Ceiling] = []
        cold_ms["ceiling"] = elapsed_ms(lambda: installed.append(ceiling.install(isa, cache=cache)))
        cold_ms["import"] = elapsed_ms(_import)
        hits = ceiling.confirm(installed[0])
    module = _import()
    return Runtime(module=module, errors=_error_types(), cold_ms=cold_ms, ceiling_hits=hits)


def open_session(
    runtime: Runtime,
    model: str | bytes,
    *,
    threads: int,
    optimise: bool,
    profile_prefix: str = "",
    spinning: str = "default",
    provider: str = CPU,
) -> Session:
    """Load a model (path or bytes) for this provider, sequentially, with `threads` threads in an operator.

    Threads spin for a while after their work, as is onnxruntime's default: a user's process does the same.
    Unless `spinning` is `on` or `off`. Raises ProviderError: onnxruntime goes back to the CPU without a word.
    """
    ort = runtime.module
    options = ort.SessionOptions()
    level = ort.GraphOptimizationLevel
    options.graph_optimization_level = level.ORT_ENABLE_ALL if optimise else level.ORT_DISABLE_ALL
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors
    if spinning != "default":
        options.add_session_config_entry(_ALLOW_SPINNING, "1" if spinning == "on" else "0")
    if profile_prefix:
        options.enable_profiling = True
        options.profile_file_prefix = profile_prefix
    session: Session = ort.InferenceSession(model, options, providers=list(dict.fromkeys((provider, CPU))))
    first = session.get_providers()[0]
    if first != provider:
        raise ProviderError(f"{provider} was asked for, and onnxruntime made the session on {first}")
    return session


def counting_threads(make: Callable[[], Session], *, asked: int) -> tuple[Session, int]:
    """A new session and how many threads it computes with: the caller's and those that it started (Linux)."""
    before = thread_use(os.getpid(), "native")
    session = make()
    after = thread_use(os.getpid(), "native")
    return session, len(after.keys() - before.keys()) + 1 if before else asked


def run_of(session: Session, feed: Mapping[str, Any]) -> Callable[[], list[Any]]:
    """A call that runs the session once on `feed`; UnfitModelError where that cannot work."""
    for port in (*session.get_inputs(), *session.get_outputs()):
        if not port.type.startswith("tensor("):
            raise UnfitModelError(f"{port.name!r} is a {port.type}; gapprof runs models on tensors only")
    missing = [port.name for port in session.get_inputs() if port.name not in feed]
    if missing:
        raise UnfitModelError(f"there is no data for the model's input {missing[0]!r}")
    names = [port.name for port in session.get_outputs()]
    wanted = {port.name: feed[port.name] for port in session.get_inputs()}
    return functools.partial(session.run, names, wanted)


def _import() -> Any:
    import onnxruntime

    return onnxruntime


def _error_types() -> tuple[type[Exception], ...]:
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    own = (value for value in vars(state).values() if isinstance(value, type))
    return (*(value for value in own if issubclass(value, Exception)), RuntimeError)
