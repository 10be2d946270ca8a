"""From logs and bytes to what was observed."""

import hashlib
import re

from gapprof.browser.wasm import holds_simd
from gapprof.records.observed import (
    ObservedFile,
    ObservedInput,
    ObservedMemory,
    ObservedSession,
    ObservedSetting,
    ObservedWasm,
    ObservedWorker,
    PageObserved,
)
from gapprof.watch.heard import (
    DTYPES,
    FetchLine,
    HeardSession,
    InitLine,
    Log,
    MemoryLine,
    SettingLine,
    TroubleLine,
    WasmLine,
    WorkerLine,
    sessions,
)
from gapprof.watch.listening import Listener

_VERSION = re.compile(rb"\x00(1\.\d{1,3}\.\d{1,3})\x00")
_OURS = b"onnxruntime"


async def gathered(
    listener: Listener, chosen: tuple[str, HeardSession], *, url: str, browser: str, watched_s: float
) -> PageObserved:
    """Everything that was heard. Raises VisitError."""
    logs = list(listener.realms())
    files = [line for _, log in logs for line in log.of(FetchLine)]
    found = [(session, log, one) for session, log in logs for one in sessions(log)]
    told = [await _session(listener, session, log, one, files) for session, log, one in found]
    started = [line.threads for _, log in logs for line in log.of(InitLine)]
    return PageObserved(
        url=url,
        watched_s=watched_s,
        isolated=logs[0][1].isolated,
        browser=browser,
        wasm=tuple(await _modules(listener, logs)),
        memories=tuple(
            ObservedMemory(initial=one.initial, maximum=one.maximum, shared=one.shared)
            for _, log in logs
            for one in log.of(MemoryLine)
        ),
        settings=tuple(
            ObservedSetting(name=one.name, value=_plain(one.value), by=one.stack)
            for _, log in logs
            for one in log.of(SettingLine)
        ),
        workers=tuple(
            ObservedWorker(url=one.url, name=one.name, by=one.stack)
            for _, log in logs
            for one in log.of(WorkerLine)
        ),
        files=tuple(ObservedFile(url=one.url, status=one.status, size_bytes=one.size_bytes) for one in files),
        threads=max(started, default=None),
        sessions=tuple(told),
        chosen=next(at for at, (session, _, one) in enumerate(found) if (session, one) == chosen),
        troubles=tuple(one.text for _, log in logs for one in log.of(TroubleLine)),
    )


async def _session(
    listener: Listener, session: str, log: Log, one: HeardSession, files: list[FetchLine]
) -> ObservedSession:
    model = await listener.blob(session, one.created.blob)
    return ObservedSession(
        where=log.where,
        sha256=hashlib.sha256(model).hexdigest(),
        size_bytes=len(model),
        url=next((file.url for file in files if file.size_bytes == len(model)), ""),
        external=tuple(line.path for line in one.external),
        optimisation=one.created.level,
        providers=one.created.providers,
        create_ms=one.created.took_ms,
        inputs=tuple(
            ObservedInput(
                name=line.name,
                dtype=DTYPES.get(line.type, ""),
                dims=line.dims,
                kept=line.blob is not None and line.type in DTYPES,
            )
            for line in one.inputs
        ),
        runs_ms=tuple(run.took_ms for run in one.runs if not run.failed),
        failed_runs=sum(run.failed for run in one.runs),
        by=one.created.stack,
    )


async def _modules(listener: Listener, logs: list[tuple[str, Log]]) -> list[ObservedWasm]:
    """Each once: threads of a page compile nothing themselves, but a page may load twice."""
    found: dict[str, ObservedWasm] = {}
    for session, log in logs:
        for line in log.of(WasmLine):
            code = await listener.blob(session, line.blob)
            digest = hashlib.sha256(code).hexdigest()
            if digest not in found or not found[digest].url:
                found[digest] = ObservedWasm(
                    url=line.url,
                    size_bytes=len(code),
                    sha256=digest,
                    version=version_of(code),
                    simd=_simd(code),
                )
    return list(found.values())


def version_of(code: bytes) -> str:
    """Of onnxruntime, which has its version among its texts; empty for other modules."""
    versions = set(_VERSION.findall(code)) if _OURS in code else set()
    return versions.pop().decode() if len(versions) == 1 else ""


def _simd(code: bytes) -> bool | None:
    try:
        return holds_simd(code)
    except ValueError:
        return None


def _plain(value: str | float | bool) -> str:
    """A number as JavaScript writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else value
