"""Timed visits of real pages: what is measured, where, and what is left alone."""

import asyncio
import dataclasses
import http.server
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from gapprof import assets, fast_cores
from gapprof.backends import chromium as chromium_backend
from gapprof.backends.chromium import BACKEND, Chromium
from gapprof.browser.cdp import Connection, Params
from gapprof.browser.crew import beginnings, crew
from gapprof.browser.launch import launched
from gapprof.browser.page import attached, beside
from gapprof.core_speed import cores
from gapprof.facts.balance import kernel_balance
from gapprof.guard import Guard
from gapprof.native.tensors import read_arrays
from gapprof.records.environment import OWN_RULE
from gapprof.records.job import CoreSpeed, Job
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure, Profile, Trial
from tests.browser.conftest import PACE, SIZE, job_in, on
from tests.browser.served import answering

ALWAYS_FAST = CoreSpeed(fastest_us=(1e9,) * len(cores()), longest_wait_ms=60_000.0)
"""Of cores that are looked at, and never found slow."""


def trial(outcome: Trial | Failure) -> Trial:
    assert isinstance(outcome, Trial), outcome
    return outcome


@pytest.fixture(scope="module")
def switched(model_folder: Path, tmp_path_factory: pytest.TempPathFactory, guard: Guard) -> Trial:
    """In a page that says to have six cores where a switch of the user's holds, and two where it does not."""
    folder = tmp_path_factory.mktemp("switched")
    cores = "{ value: navigator.userAgent === 'planted/1.0' ? 6 : 2 }"
    script = f"Object.defineProperty(navigator, 'hardwareConcurrency', {cores})"
    (folder / "page.html").write_text(f"<!doctype html><title>page</title><script>{script}</script>")
    page = {"page": str(folder / "page.html"), "browser_args": ("--user-agent=planted/1.0",)}
    job = on(job_in(folder, model_folder), threads=OWN_RULE, where="main", **page)
    return trial(BACKEND.open(Settings(), guard).timed(job))


def test_where_no_number_is_set_onnxruntime_web_counts_the_pages_cores_and_what_it_chose_is_read_back(
    switched: Trial,
) -> None:
    assert switched.seen.threads == (switched.seen.hardware_concurrency or 0) / 2


def test_a_switch_of_the_users_holds_in_the_page(switched: Trial) -> None:
    assert switched.seen.hardware_concurrency == 6


RESTLESS = """data:text/html,<!doctype html><title>tab</title><script>
const code = URL.createObjectURL(new Blob(["setTimeout(close, 50)"]));
const channel = new MessageChannel();
let burns = 0;
channel.port1.onmessage = () => {
  const end = performance.now() + 20;
  while (performance.now() < end);
  burns += 1;
  if (burns %25 20 === 0) new Worker(code);
  channel.port2.postMessage(null);
};
channel.port2.postMessage(null);
</script>"""
"""It uses all that it gets, and has workers that come and go."""
THREE = "globalThis.three = [0, 1, 2].map(() => new Worker(URL.createObjectURL(new Blob([])))); 'made'"


@pytest.mark.skipif(not cores(), reason="needs a kernel that tells of threads")
def test_a_pages_process_is_known_by_its_own_sign_beside_a_tab_that_is_busier(guard: Guard) -> None:
    """It alone has three workers that stay."""

    async def found() -> tuple[int | None, list[int]]:
        async with launched(assets.find_browser(""), guard=guard) as browser, attached(browser) as page:
            await page.evaluate(THREE, deadline_s=30.0)
            await beside(page, RESTLESS)
            owners, renderers = list[int](), {}
            while not owners:
                renderers = await beginnings(page.connection)
                owners = [pid for pid, one in renderers.items() if len(one.workers) == 3]
            await page.evaluate(burning(20), deadline_s=30.0)
            return (await crew(page, "main", renderers, most_s=30.0)).renderer, owners

    renderer, owners = asyncio.run(found())
    assert owners == [renderer]


def burning(ms: int) -> str:
    """A script."""
    loop = f"const end = performance.now() + {ms}; while (performance.now() < end);"
    return f"(() => {{ {loop} return 'burnt'; }})()"


QUIET = {
    "Target.getTargets",
    "Target.attachToTarget",
    "Target.setDiscoverTargets",
    "Inspector.enable",
    "Page.enable",
    "Page.setBypassCSP",
    "Runtime.evaluate",
    "SystemInfo.getProcessInfo",
    "Browser.getVersion",
    "Browser.getBrowserCommandLine",
}
"""None of it counts, traces or observes what the page runs. The browser is asked for its targets, is joined
to one, and says when one comes, ends or crashes (`Target`, `Inspector`), when the page is navigated or has a
dialog open (`Page`); it lets our modules into pages that forbid them. An evaluation is a script like the
page's own, one per task. Who used the cores, and what browser it was, is asked before and after runs."""


def overheard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every call to the browser from now on, in order, with the kind of task where it is one."""
    calls: list[str] = []
    call = Connection.call

    async def heard(self: Connection, method: str, params: Params | None = None, **how: Any) -> Params:
        task = re.search(r'runTask\({"kind":"(\w+)"', str((params or {}).get("expression", "")))
        calls.append(f"{method} {task[1]}" if task else method)
        return await call(self, method, params, **how)

    monkeypatch.setattr(Connection, "call", heard)
    return calls


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """A timed visit, and all that was asked of the browser for it."""

    trial: Trial
    outputs: Path
    asked: list[str]


@pytest.fixture(scope="module")
def timing(model_folder: Path, tmp_path_factory: pytest.TempPathFactory, guard: Guard) -> Timing:
    """In spite of a proxy that nobody answers at, named in both cases, with no address excepted from it."""
    job = replace(job_in(tmp_path_factory.mktemp("timing"), model_folder), core_speed=ALWAYS_FAST)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            patch.setenv(name, "http://127.0.0.1:9")
            patch.setenv(name.upper(), "http://127.0.0.1:9")
        for name in ("no_proxy", "NO_PROXY"):
            patch.delenv(name, raising=False)
        asked = overheard(patch)
        visited = trial(BACKEND.open(Settings(), guard).timed(job))
    return Timing(trial=visited, outputs=Path(job.outputs_path), asked=asked)


def test_a_worker_of_the_quiet_page_gives_samples_outputs_and_what_it_was(
    timing: Timing,
) -> None:
    visited = timing.trial
    assert len(visited.samples_ms) == PACE.samples
    assert visited.requests_ms == ()
    assert min(visited.samples_ms) > 0
    assert {"browser", "page", "import", "fetch", "create", "first_run"} <= set(visited.cold_ms)
    seen = visited.seen
    assert (seen.where, seen.threads, seen.isolated) == ("worker", 1, True)
    assert seen.engine_version.startswith("Chrome/")
    assert seen.wasm_file == "ort-wasm-simd-threaded.wasm"
    assert seen.wasm_simd is True
    assert seen.debugger_domain is False
    assert "--headless=new" in seen.command_line
    assert any("headless" in warning for warning in seen.warnings)
    assert (seen.page_kind, seen.page_url) == ("quiet", "gapprof:probes_web/pages/quiet.html")
    assert any(use.thread.startswith("DedicatedWorker") for use in visited.load.threads)
    outputs = read_arrays(timing.outputs)
    assert outputs["y"].shape == (SIZE, SIZE)
    assert np.isfinite(outputs["y"]).all()


def test_timed_passes_carry_no_instrumentation(timing: Timing) -> None:
    """Nothing but the page's own life and one evaluation per task is asked of the browser."""
    assert {call.partition(" ")[0] for call in timing.asked} <= QUIET
    at = timing.asked.index("Runtime.evaluate time")
    assert {"Runtime.evaluate open", "Runtime.evaluate warm"} <= set(timing.asked[:at])
    assert not any("profile" in call for call in timing.asked)


def test_what_a_main_thread_does_is_counted_when_the_timed_stretch_is_over_and_no_longer_than_that(
    counted: Timing,
) -> None:
    """That page's dialog is closed before it is asked for anything."""
    asked = [call.partition(" ")[0] for call in counted.asked if call != "Page.handleJavaScriptDialog"]
    begin, end = asked.index("Performance.enable"), asked.index("Performance.disable")
    assert set(asked[:begin]) <= QUIET
    assert set(asked[begin:end]) - QUIET == {"Performance.enable", "Performance.getMetrics"}
    assert set(asked[end + 1 :]) <= QUIET
    assert "Browser.getVersion" in asked[:begin], "a trial is whole by then: a page may not live through it"
    begin, end = (counted.asked.index(f"Performance.{what}") for what in ("enable", "disable"))
    timings = [place for place, call in enumerate(counted.asked) if call == "Runtime.evaluate time"]
    assert timings[-2] < begin < timings[-1] < end


@pytest.mark.skipif(not cores(), reason="needs a kernel that tells of threads")
def test_of_a_main_thread_what_the_browser_says_stands_in_the_counted_stretch_alone(counted: Timing) -> None:
    visited = counted.trial
    assert (visited.load.at_work_ms, visited.load.clocks) == (None, None)
    assert visited.counted is not None
    assert visited.counted.load.at_work_ms is not None
    assert visited.counted.load.at_work_ms >= sum(visited.counted.runs_ms) * 0.9
    assert visited.counted.load.clocks is not None
    assert kernel_balance(visited) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiling:
    """A visit that went on with the profiler."""

    profile: Profile
    before: list[str]
    """What was asked of the browser until the trial was told."""
    after: list[str]


@pytest.fixture(scope="module")
def profiling(model_folder: Path, tmp_path_factory: pytest.TempPathFactory, guard: Guard) -> Profiling:
    told: list[int] = []
    job = job_in(tmp_path_factory.mktemp("profiling"), model_folder)
    with pytest.MonkeyPatch.context() as patch:
        asked = overheard(patch)
        chromium = BACKEND.open(Settings(), guard)
        profile = chromium.profiled(job, lambda timed: told.append(len(asked)))
    assert isinstance(profile, Profile), profile
    return Profiling(profile=profile, before=asked[: told[0]], after=asked[told[0] :])


def test_a_profile_begins_when_the_timed_stretch_is_over(profiling: Profiling) -> None:
    before = profiling.before
    assert {call.partition(" ")[0] for call in before} <= QUIET
    assert "Runtime.evaluate time" in before
    assert not any("profile" in call for call in before)
    assert any("profile" in call for call in profiling.after)


def test_profiled_nodes_have_the_names_of_the_graph(profiling: Profiling) -> None:
    profile = profiling.profile
    assert [node.name for node in profile.nodes] == ["mm0", "mm1", "mm2", "mm3"]
    assert all(len(node.samples_ms) == len(profile.profiled_ms) for node in profile.nodes)
    assert profile.dispatch_us_per_node is not None
    assert profile.profiler_us_per_node is not None


def test_going_from_node_to_node_takes_time(profiling: Profiling) -> None:
    assert profiling.profile.dispatch_us_per_node is not None
    assert profiling.profile.dispatch_us_per_node > 0


@pytest.fixture(scope="module")
def counted(model_folder: Path, tmp_path_factory: pytest.TempPathFactory, guard: Guard) -> Timing:
    """It hangs unless it found its files, by relative and by absolute address; nobody answers its dialog."""
    folder = tmp_path_factory.mktemp("disk")
    site = folder / "site"
    (site / "js").mkdir(parents=True)
    (site / "index.html").write_text(
        '<!doctype html><title>t</title><script src="js/near.js"></script><script src="/js/far.js"></script>'
        "<script>while (!globalThis.near || !globalThis.far);</script>"
    )
    (site / "js" / "near.js").write_text("globalThis.near = true;")
    (site / "js" / "far.js").write_text("globalThis.far = true; alert('anybody there?');")
    job = replace(job_in(folder, model_folder), core_speed=ALWAYS_FAST)
    job = on(job, page=str(site), where="main", pacing="paced", isolated=False)
    with pytest.MonkeyPatch.context() as patch:
        asked = overheard(patch)
        visited = trial(BACKEND.open(Settings(), guard).timed(job))
    return Timing(trial=visited, outputs=Path(job.outputs_path), asked=asked)


@pytest.fixture(scope="module")
def on_disk(counted: Timing) -> Trial:
    return counted.trial


def test_a_page_on_disk_finds_its_files_and_is_not_isolated_where_it_was_not_to_be(on_disk: Trial) -> None:
    visited = on_disk
    assert len(visited.requests_ms) == PACE.requests
    assert visited.samples_ms == ()
    assert (visited.seen.where, visited.seen.isolated, visited.seen.threads) == ("main", False, 1)
    assert (visited.seen.page_kind, visited.seen.page_url) == ("path", "gapprof:page/index.html")


@pytest.fixture(scope="module")
def asked(model_folder: Path, tmp_path_factory: pytest.TempPathFactory, guard: Guard) -> Trial:
    """A worker by requests, under a flag that V8 does not know and one behind it."""
    flags = ("--no-such-flag", "--liftoff-only")
    job = on(job_in(tmp_path_factory.mktemp("asked"), model_folder), pacing="paced", js_flags=flags)
    return trial(BACKEND.open(Settings(), guard).timed(job))


def test_requests_reach_a_worker_by_three_doors(asked: Trial) -> None:
    """A door that nobody listens at would never be answered."""
    assert (len(asked.requests_ms), asked.ways, asked.seen.where) == (PACE.requests, 3, "worker")


def test_the_model_runs_inside_a_page_of_another_server(chromium: Chromium, job: Job, foreign: str) -> None:
    visited = trial(chromium.timed(on(job, page=foreign)))
    assert visited.seen.page_kind == "url"
    assert visited.seen.page_url == foreign
    assert visited.seen.isolated is False
    assert read_arrays(Path(job.outputs_path))["y"].shape == (SIZE, SIZE)


def test_flags_after_an_unknown_one_are_told_as_ignored(asked: Trial) -> None:
    assert asked.seen.rejected_flags == ("--no-such-flag", "--liftoff-only")


@pytest.mark.long
def test_the_scalar_build_of_1_18_holds_no_simd(chromium: Chromium, job: Job) -> None:
    visited = trial(chromium.timed(on(job, build="1.18-scalar")))
    assert visited.seen.runtime_version.startswith("1.18")
    assert visited.seen.wasm_simd is False


@pytest.fixture
def foreign() -> Iterator[str]:
    """A page whose policy forbids everything that is not its own."""

    def guarded(request: http.server.BaseHTTPRequestHandler) -> None:
        body = b"<!doctype html><title>somebody else's</title>"
        request.send_response(200)
        request.send_header("Content-Type", "text/html")
        request.send_header("Content-Length", str(len(body)))
        request.send_header("Content-Security-Policy", "default-src 'self'; script-src 'self'")
        request.end_headers()
        request.wfile.write(body)

    with answering(guarded) as address:
        yield f"{address}app"


def test_cores_that_become_slow_have_the_stretch_timed_anew_in_the_same_page(
    chromium: Chromium, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cores do cannot be planted: they are seen slow, fast, slow after it, and fast from then on."""
    looks, told = [(190.0,), (100.0,), (180.0,), (101.0,), (102.0,)], list[float]()
    monkeypatch.setattr(fast_cores, "work_us", lambda *_, **__: looks.pop(0))
    monkeypatch.setattr(chromium_backend, "core_of", lambda *_: 0)
    wanted = CoreSpeed(fastest_us=(100.0,), longest_wait_ms=60_000.0)
    asked = replace(on(job, where="worker", threads=1), core_speed=wanted)
    outcome = trial(dataclasses.replace(chromium, waiting=told.append).timed(asked))
    work = outcome.load.core_work
    assert work is not None
    assert looks == []
    assert (work.before_us, work.after_us, work.used) == ((101.0,), (102.0,), (0,))
    (discarded_ms,) = work.discarded_ms
    slow_ms, anew_ms = told
    assert 0 <= slow_ms <= anew_ms - discarded_ms * job.pace.samples
    assert anew_ms <= work.waited_ms
    assert len(outcome.samples_ms) == job.pace.samples


@pytest.mark.skipif(not cores(), reason="needs a system that lets a thread choose its core")
@pytest.mark.parametrize("where", ["main", "worker"])
def test_the_core_that_the_model_runs_on_is_known(on_disk: Trial, timing: Timing, where: str) -> None:
    visited = {"main": on_disk, "worker": timing.trial}[where]
    assert (visited.seen.where, visited.seen.threads) == (where, 1)
    work = visited.load.core_work
    assert work is not None
    assert 1 <= len(work.used) <= 2, "before and after"
    assert set(work.used) <= set(range(len(cores())))
    assert len(work.before_us) == len(work.after_us) == len(cores())
