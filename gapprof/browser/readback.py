"""What the browser and the page really were, read back after the fact."""

import os
from pathlib import Path

from gapprof.browser import wasm
from gapprof.browser.flags import rejected_flags
from gapprof.browser.scheduler import busiest_renderer
from gapprof.browser.visit import Visit, is_foreign
from gapprof.records.job import Job
from gapprof.records.trial import Seen
from gapprof.records.wire import Opened


async def seen(job: Job, visit: Visit, opened: Opened, dist: Path) -> Seen:
    """Everything that a check asks about; of our own addresses only what is the same in every visit."""
    connection = visit.page.connection
    version = await connection.call("Browser.getVersion")
    told = await connection.call("Browser.getBrowserCommandLine")
    renderer = await busiest_renderer(connection)
    file = _wasm_file(visit)
    sha256, simd = wasm.facts(dist / file) if file else (None, None)
    page = job.setting.page
    return Seen(
        runtime_version=opened.ort_version,
        engine_version=str(version["product"]),
        threads=opened.threads,
        timer_step_us=opened.timer_step_us,
        cpus_allowed=_cpus_allowed(renderer),
        isolated=opened.isolated,
        where=opened.where,
        user_agent=opened.user_agent,
        command_line=tuple(
            str(word).replace(str(visit.browser.profile), "<profile>") for word in told["arguments"]
        ),
        rejected_flags=rejected_flags(visit.browser.stderr.text()),
        debugger_domain="Debugger.enable" in connection.methods,
        wasm_file=file,
        wasm_sha256=sha256,
        wasm_simd=simd,
        page_url=opened.page_url.replace(visit.serving.base, "gapprof:"),
        page_kind="url" if is_foreign(page) else page if page in ("quiet", "busy") else "path",
    )


def _wasm_file(visit: Visit) -> str | None:
    """The wasm that the server saw fetched, relative to the build's folder."""
    fetched = [path.removeprefix("ort/") for path in visit.serving.site.fetched if path.endswith(".wasm")]
    return fetched[-1] if fetched else None


def _cpus_allowed(pid: int | None) -> tuple[int, ...] | None:
    if pid is None or not hasattr(os, "sched_getaffinity"):
        return None
    try:
        return tuple(sorted(os.sched_getaffinity(pid)))
    except OSError:  # it ended meanwhile
        return None
