"""A model's WebGPU calls, recorded once, replayed in rounds: in a browser and natively, as shipped and bare.

python benchmarks/webgpu_replay.py [zoo:MODEL | MODEL.onnx] [ROUNDS]     default: zoo:resnet20, 4 rounds
"""

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from msgspec.structs import replace

from gapprof import assets
from gapprof.browser.visit import Equipment
from gapprof.facts.adapters import notes, titled
from gapprof.facts.agreement import agrees
from gapprof.gpu import graphics, recorded, toggles
from gapprof.gpu.against_native import checked
from gapprof.gpu.replayed import InBrowser, TraceFile, Where, in_node, replay
from gapprof.gpu.steady import summary
from gapprof.gpu.visited import Gpu, empty_job
from gapprof.guard import Guard
from gapprof.records.gpu import GpuReplay, Toggles
from gapprof.records.job import Job
from gapprof.subject.open import open_subject

ITERATIONS = 5
BASE = "browser, as shipped"


def job_of(model: str, folder: Path) -> Job:
    """The model as a page would run it, on seeded inputs."""
    subject = open_subject(model, shapes={}, inputs=None, seed=0, workdir=folder)
    return replace(
        empty_job(),
        model_path=str(subject.original.path),
        external_data=subject.original.external_data,
        inputs_path=str(subject.inputs_path),
        outputs_path=str(folder / "outputs.npz"),
    )


def told(recording: recorded.Recording, job: Job, folder: Path) -> None:
    """What was recorded, headed by what it is worth."""
    found = summary(recording.trace)
    last = found.runs[-1]
    for note in notes(found.adapter):
        print(note)
    same = all(agrees(check) for check in checked(job, folder))
    print(f"{titled(found.adapter)}; {recording.wasm_file} {recording.ort_version}, {recording.browser}")
    print(f"outputs {'agree' if same else 'DO NOT agree'} with native onnxruntime's")
    print(
        f"{found.calls} calls, {found.pipelines} pipelines, {found.size_bytes} bytes, "
        f"{found.setup_uploaded_bytes} of them uploaded before the first run"
    )
    print(
        f"a steady run: {last.dispatches} dispatches, {last.submits} submits, "
        f"{last.uploaded_bytes} bytes up, {last.read_bytes} bytes back"
    )


def row(name: str, replays: list[GpuReplay], base: list[GpuReplay]) -> str:
    """Medians of a run, against the same round's of the browser as it is shipped."""
    times = [median(one.total_ms) for one in replays]
    ratios = [time / median(one.total_ms) for time, one in zip(times, base, strict=True)]
    exact = "every byte" if all(one.exact for one in replays) else "NOT what was recorded"
    spoilt = min(one.parts.control_differing_bytes for one in replays)
    return (
        f"  {name:20} {median(times):9.2f} ms "
        f"{median(ratios):7.2f} ({min(ratios):.2f} to {max(ratios):.2f})   "
        f"{exact}; {spoilt} of {replays[0].parts.control_compared_bytes} differ on a spoilt input"
    )


def main() -> None:
    model, rounds = (sys.argv[1:] + ["zoo:resnet20", "4"][len(sys.argv) - 1 :])[:2]
    executable = assets.find_browser()
    here = graphics.here(executable)
    with Guard() as guard, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        equipment = Equipment(executable=executable, probes=assets.probes_web(), guard=guard)
        gpu = Gpu(equipment=equipment, graphics=here)
        job = job_of(model, folder)
        recording = recorded.record(job, gpu, folder / "model.trace", dist=assets.web_dist())
        print(model)
        told(recording, job, folder)
        browser, node = InBrowser(gpu=gpu), in_node(guard, here)
        ways: Mapping[str, tuple[Where, Toggles]] = {
            BASE: (browser, toggles.DEFAULT),
            "Dawn, as shipped": (node, toggles.DEFAULT),
            "browser, bare": (browser, toggles.UNSAFE),
            "Dawn, bare": (node, toggles.UNSAFE),
        }
        file = TraceFile(path=recording.path, trace=recording.trace)
        replays: dict[str, list[GpuReplay]] = {way: [] for way in ways}
        for number in range(int(rounds)):
            for way in list(ways)[:: 1 if number % 2 else -1]:
                where, wanted = ways[way]
                replays[way].append(replay(file, where, toggles=wanted, iterations=ITERATIONS))
        print(f"a run, in {rounds} rounds of {ITERATIONS}; ratios to the {BASE}, by rounds")
        for way, ran in replays.items():
            print(row(way, ran, replays[BASE]))


if __name__ == "__main__":
    main()
