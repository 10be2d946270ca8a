"""From logs and bytes to what was observed."""

import hashlib
from collections.abc import Sequence

from gapprof.browser.trouble import VisitError
from gapprof.browser.wasm import holds_simd
from gapprof.records.observed import (
    ObservedFile,
    ObservedInput,
    ObservedMemory,
    ObservedSession,
    ObservedSetting,
    ObservedStretch,
    ObservedWasm,
    ObservedWorker,
    PageObserved,
)
from gapprof.watch.builds import build_of, ours
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
from gapprof.watch.kept import Kept
from gapprof.watch.listening import Listener
from gapprof.watch.session_options import options_of, unread_of

Chosen = tuple[str, HeardSession]
"""The realm's session, and the session of the library in it."""
_THREAD, _THREAD_FILE = "em-pthread", "ort-wasm-threaded.worker.js"


async def gathered(
    listener: Listener,
    chosen: Chosen,
    kept: Kept,
    *,
    url: str,
    browser: str,
    watched_s: float,
    main_thread: ObservedStretch | None,
) -> PageObserved:
    """Everything that was heard. Bytes that are gone meanwhile are a trouble that is told."""
    logs = list(listener.realms())
    files = [line for _, log in logs for line in log.of(FetchLine)]
    found = [(session, log, one) for session, log in logs for one in sessions(log)]
    wasm, troubles = await _modules(listener, logs)
    started = [line.threads for _, log in logs for line in log.of(InitLine)]
    return PageObserved(
        url=url,
        watched_s=watched_s,
        isolated=next(log.isolated for session, log in logs if session == chosen[0]),
        browser=browser,
        wasm=tuple(wasm),
        memories=tuple(
            ObservedMemory(initial=one.initial, maximum=one.maximum, shared=one.shared)
            for _, log in logs
            for one in log.of(MemoryLine)
        ),
        settings=tuple(
            ObservedSetting(name=one.name, value=one.value, by=one.stack)
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
        sessions=tuple(
            _session(log, one, files, kept, (session, one) == chosen) for session, log, one in found
        ),
        chosen=next(at for at, (session, _, one) in enumerate(found) if (session, one) == chosen),
        troubles=(*(one.text for _, log in logs for one in log.of(TroubleLine)), *troubles),
        main_thread=main_thread,
    )


def _session(
    log: Log, one: HeardSession, files: Sequence[FetchLine], kept: Kept, chosen: bool
) -> ObservedSession:
    size_bytes = one.created.size_bytes
    runs = [run for run in one.runs if not run.failed]
    began_ms = min((run.began_ms for run in runs), default=0.0)
    return ObservedSession(
        where=log.where,
        sha256=kept.sha256 if chosen else "",
        size_bytes=size_bytes,
        url=url_of(one, files),
        external=tuple(line.path for line in one.external),
        optimisation=one.created.level,
        providers=one.created.providers,
        create_ms=one.created.took_ms,
        inputs=tuple(
            ObservedInput(
                name=line.name,
                dtype=DTYPES.get(line.type, ""),
                dims=line.dims,
                kept=chosen and line.name in kept.arrays,
            )
            for line in one.inputs
        ),
        runs_ms=tuple(run.took_ms for run in runs),
        failed_runs=len(one.runs) - len(runs),
        by=one.created.stack,
        options=options_of(one.created),
        shared_memory=one.created.shared,
        runs_began_ms=tuple(run.began_ms - began_ms for run in runs),
        bound=any(run.bound for run in runs),
        thread_workers=_thread_workers(log.of(WorkerLine)),
        unread_options=unread_of(one.created),
    )


def _thread_workers(started: Sequence[WorkerLine]) -> int | None:
    """By the name that they have; those of 1.18 have a file, or nothing but an address of their own."""
    named = [one for one in started if one.name == _THREAD or _THREAD_FILE in one.url]
    nameless = any(not one.name and one.url.startswith("blob:") for one in started)
    return None if nameless and not named else len(named)


def url_of(one: HeardSession, files: Sequence[FetchLine]) -> str:
    """Of the fetched file that is as large as the model; empty where there is none."""
    size_bytes = one.created.size_bytes
    return next((file.url for file in files if file.size_bytes == size_bytes), "")


async def _modules(
    listener: Listener, logs: Sequence[tuple[str, Log]]
) -> tuple[list[ObservedWasm], list[str]]:
    """Each once: threads of a page compile nothing themselves, but a page may load twice."""
    found: dict[str, ObservedWasm] = {}
    troubles: list[str] = []
    for session, log in logs:
        for line in log.of(WasmLine):
            try:
                code = await _code(listener, session, line)
            except VisitError as error:
                troubles.append(f"{line.url or 'a WebAssembly module'} could not be read: {error.message}")
                continue
            digest = hashlib.sha256(code).hexdigest()
            if digest not in found or not found[digest].url:
                build = build_of(code)
                found[digest] = ObservedWasm(
                    url=line.url,
                    size_bytes=len(code),
                    sha256=digest,
                    version=build.version,
                    simd=_simd(code),
                    build=build.name,
                    known_by=build.known_by,
                )
    return list(found.values()), troubles


async def _code(listener: Listener, session: str, line: WasmLine) -> bytes:
    """Of a file that gapprof has, the page need say no more than its hash: sending its megabytes takes longer
    than all else that is asked of a page. Raises VisitError."""
    alike = ours(line.size_bytes)
    same = alike.get(await listener.digest(session, line.blob)) if alike else None
    return await listener.blob(session, line.blob) if same is None else same.read_bytes()


def _simd(code: bytes) -> bool | None:
    try:
        return holds_simd(code)
    except ValueError:
        return None
