"""What the browser and the page really were, read back after the fact."""

import os
from collections.abc import Sequence
from pathlib import Path

from gapprof.browser import wasm
from gapprof.browser.flags import rejected_flags, warnings_of
from gapprof.browser.trouble import reading
from gapprof.browser.visit import Visit
from gapprof.records.environment import is_url
from gapprof.records.job import Job
from gapprof.records.trial import Seen, TierUpEnd
from gapprof.records.wire.open import Opened


async def seen(
    job: Job, visit: Visit, opened: Opened, dist: Path, *, tier_up: TierUpEnd, renderer: int | None
) -> Seen:
    """Everything that a check asks about; of our own addresses only what is the same in every visit."""
    connection = visit.page.connection
    with reading("description of itself"):
        engine = str((await connection.call("Browser.getVersion"))["product"])
        told = await connection.call("Browser.getBrowserCommandLine")
        arguments = [str(word) for word in told["arguments"]]
    file = wasm_file(visit.serving.site.fetched)
    sha256, simd = wasm_facts(dist / file) if file else (None, None)
    page = job.setting.page
    return Seen(
        runtime_version=opened.ort_version,
        engine_version=engine,
        threads=opened.threads,
        timer_step_us=opened.timer_step_us,
        cpus_allowed=_cpus_allowed(renderer),
        hardware_concurrency=opened.hardware_concurrency,
        isolated=opened.isolated,
        where=opened.where,
        user_agent=opened.user_agent,
        command_line=tuple(word.replace(str(visit.browser.profile), "<profile>") for word in arguments),
        rejected_flags=rejected_flags(visit.browser.stderr.text()),
        debugger_domain="Debugger.enable" in connection.methods,
        tier_up=tier_up,
        wasm_file=file,
        wasm_sha256=sha256,
        wasm_simd=simd,
        page_url=opened.page_url.replace(visit.serving.base, "gapprof:"),
        page_kind="url" if is_url(page) else page if page in ("quiet", "busy", "busier") else "path",
        adapter=opened.adapter,
        warnings=warnings_of(arguments),
    )


def wasm_file(fetched: Sequence[str]) -> str | None:
    """The build's wasm that the server saw fetched, relative to its folder; never the page's own."""
    ours = [path for path in fetched if path.startswith("ort/") and path.endswith(".wasm")]
    return ours[-1].removeprefix("ort/") if ours else None


def wasm_facts(file: Path) -> tuple[str | None, bool | None]:
    """SHA-256, and whether it holds SIMD; None for both where the file cannot be read or is no module."""
    try:
        return wasm.facts(file)
    except (OSError, ValueError):
        return None, None


def _cpus_allowed(pid: int | None) -> tuple[int, ...] | None:
    if pid is None or not hasattr(os, "sched_getaffinity"):
        return None
    try:
        return tuple(sorted(os.sched_getaffinity(pid)))
    except OSError:  # it ended meanwhile
        return None
