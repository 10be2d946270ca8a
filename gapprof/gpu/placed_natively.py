"""The stage that asks who runs which node natively, where a native session for a GPU was made."""

import time
from collections.abc import Iterator

from gapprof.backends.native import NativeBackend
from gapprof.measure.extra import Beyond, Extra
from gapprof.records.calls import NativePlacement
from gapprof.records.recording import PlannedRung
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure, Trial

_NATIVE = "native"


def placing_natively(settings: Settings) -> Extra:
    """Bound to one run of this machine. What keeps a session from telling is written down with it."""

    def placing(beyond: Beyond) -> None:
        native = beyond.backends.get(_NATIVE)
        if not isinstance(native, NativeBackend):
            return
        for step in _on_gpu(beyond):
            beyond.teller.tell("placement", "asking who runs which node natively", rung=step.rung.id)
            beyond.journal.write(_asked(native, beyond, step.rung.id, seed=settings.seed))

    return placing


def _on_gpu(beyond: Beyond) -> Iterator[PlannedRung]:
    """Rungs with sessions for a GPU that were really timed."""
    timed = {trial.rung for trial in beyond.journal.recording().of(Trial)}
    for step in beyond.preflight.ladder:
        setting = step.setting
        on_gpu = setting is not None and (setting.backend, setting.device) == (_NATIVE, "gpu")
        if on_gpu and step.rung.id in timed:
            yield step


def _asked(native: NativeBackend, beyond: Beyond, rung: str, *, seed: int) -> NativePlacement:
    """Raises UnreachableError."""
    began, job = time.monotonic(), beyond.job(rung, beyond.next_round(), seed=seed)
    found = native.placed(job)
    return NativePlacement(
        rung=rung,
        took_s=time.monotonic() - began,
        provider=native.provider_of(job.setting),
        nodes=() if isinstance(found, Failure) else found.nodes,
        why=found.message if isinstance(found, Failure) else "",
    )
