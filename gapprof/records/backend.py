"""The seam between the plan and the machine: what every way to realise an environment offers."""

from collections.abc import Callable
from typing import Protocol

from gapprof.records.environment import Setting
from gapprof.records.job import Job
from gapprof.records.trial import Failure, Profile, Trace, Trial


class Backend(Protocol):
    """One way to realise environments. Each call is one fresh process or browser, cleaned up on return.

    A backend never raises for what a model, a browser or a runtime does: that is a `Failure`.
    It raises only `Interrupted`/KeyboardInterrupt passing through, after cleaning up.
    `started_s`/`ended_s`/`attempt`/`struck` of what it returns are filled by the caller.
    """

    @property
    def id(self) -> str:
        """The value of `Setting.backend` that it realises."""

    def refuse(self, setting: Setting, /) -> str | None:
        """Why this machine cannot give that setting at all; None when it can."""

    def timed(self, job: Job) -> Trial | Failure:
        """Warm up, then time, with no instrumentation whatever."""

    def profiled(self, job: Job, timed: Callable[[Trial], None]) -> Profile | Failure:
        """The same, told to `timed` as soon as it is there; then go on with the runtime's per-node profiler.

        A Failure is the profile's where `timed` was called before, else the visit's.
        """

    def traced(self, job: Job, timed: Callable[[Trial], None], /) -> Trace | Failure | None:
        """The same as `timed`, told as soon as it is there; then go on under the browser's tracing.

        None, and nothing timed, where there is no such thing. A Failure is the trace's where `timed` was
        called before, else the visit's.
        """
