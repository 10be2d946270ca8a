"""A model run by onnxruntime-web's WebGPU build in a fresh browser, and every call that it makes recorded."""

from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from gapprof import assets
from gapprof.browser import tasks, tensors
from gapprof.browser.every_realm import EveryRealm
from gapprof.browser.page import Page
from gapprof.browser.server import Serving
from gapprof.browser.trouble import VisitError, reading
from gapprof.browser.visit import Visit
from gapprof.files import write_atomically
from gapprof.gpu import trace
from gapprof.gpu.visited import Gpu, visited
from gapprof.records.gpu import GpuBuild
from gapprof.records.job import Job
from gapprof.records.wire.gpurecord import GpuRecorded, GpuRecordTask

RUNS = 4
"""The first compiles, the second may still allocate; the last two are to be the same."""
MOST_BYTES = 1 << 30
RECORD_S = 240.0
_LIMIT = 'globalThis[Symbol.for("gapprof.gpu.most")]'


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A recording that was checked, and what the page told beside it."""

    path: Path
    trace: trace.Trace
    build: GpuBuild
    wasm_file: str
    """Of the build, as it was served: which library it really was."""
    ort_version: str
    browser: str
    """`Chrome/156.0...`."""


def record(
    job: Job, gpu: Gpu, path: Path, *, dist: Path, build: GpuBuild = "asyncify", most_bytes: int = MOST_BYTES
) -> Recording:
    """Run the model some times and leave the recording at `path`, the outputs at the job's `outputs_path`.

    Raises EnvironmentUnusable without WebGPU or an adapter and where the device is lost, WrongUse for a build
    that is missing, and ModelUnusable for what the library refuses, or what cannot be replayed.
    """
    module = assets.gpu_entry_point(dist, build)
    block, pieces = tensors.packed(Path(job.inputs_path))
    script = (gpu.equipment.probes / "gpu" / "recorder.mjs").read_text(encoding="utf-8")

    async def install(page: Page, _server: Serving) -> None:
        await EveryRealm(page=page, script=f"{_LIMIT} = {most_bytes};\n{script}").install()

    async def run(visit: Visit) -> tuple[GpuRecorded, bytes, str, str]:
        base = visit.serving.base
        task = GpuRecordTask(
            open=replace(
                tasks.open_task(job, base=base, module=module, inputs=pieces),
                outputs_url=f"{base}outputs",
            ),
            runs=RUNS,
            most_bytes=most_bytes,
            trace_url=f"{base}trace",
            about={"model": Path(job.model_path).name, "build": build},
        )
        told = await visit.ask(task, GpuRecorded, most_s=RECORD_S)
        with reading("description of itself"):
            version = await visit.page.connection.call("Browser.getVersion")
            product = str(version["product"])
        if job.outputs_path:
            with reading("block of outputs"):
                outputs = tensors.unpacked(visit.serving.site.posted.get("outputs", b""), told.outputs)
            tensors.save(outputs, Path(job.outputs_path))
        wasm = _wasm_file(visit.serving.site.fetched, build)
        return told, visit.serving.site.posted.get("trace", b""), wasm, product

    told, data, wasm, product = visited(gpu, job, run, dist=dist, inputs=block, before=install)
    found = trace.parsed(data)
    write_atomically(path, data)
    return Recording(
        path=path,
        trace=found,
        build=build,
        wasm_file=wasm,
        ort_version=told.ort_version,
        browser=product,
    )


def _wasm_file(fetched: list[str], build: GpuBuild) -> str:
    """What the page fetched. Raises VisitError where that is another build's."""
    files = [Path(path).name for path in fetched if path.startswith("ort/") and path.endswith(".wasm")]
    found = files[-1] if files else ""
    if f".{build}." not in found:
        raise VisitError(
            f"onnxruntime-web's {build} build was asked for, and the page fetched {found or 'no wasm'}",
            kind="environment",
            hint="Give the `dist` folder of an onnxruntime-web build as it was published.",
        )
    return found
