"""As scenarios.py, of what people meet on the GPU (S12 to S20), made on whatever adapter this machine has.

python reports/gpu_scenarios.py [NAME ...]    default: all; NAME.jsonl and README.md in reports/scenarios/

All eleven take about an hour of a quiet machine with two cores. Those that published their recordings
had SwiftShader, which is software: the figures are none of a GPU, and each report says so. What is planted is
in this file, which makes models, builds, browsers and environments anew.
"""

import shutil
import subprocess
import sys
import venv
from pathlib import Path

import onnxruntime
from gpu import encoder
from scenarios import Scenario, publish
from symptoms import with_burning_page

from gapprof import assets
from gapprof.gpu.graphics import software
from gapprof.subject.sketch import Sketch

OWN_WEBGPU = "onnxruntime-webgpu==1.27.0"
"""A build of onnxruntime whose WebGPU provider runs on software as well."""
SIDE, STOPS, WIDTH, LAYERS = 8, 16, 96, 3
SLOWER_MS = 40
"""Of each submit, two a run: several times what SwiftShader computes."""
ROW, MANY_LINKS = 32, 640
WIDE_ROW, LINKS = 16384, 48
"""onnxruntime-web submits sixteen dispatches at a time: forty submits a run, and three."""
STALL_MS, STALLED_SUBMITS = 50, 16
"""Two or three stalls a run of the longer chain: several times what its dispatches take without any."""
GOES_MS, STANDS_MS = 2, 6
TINY = 1000
WAVES, WRONG_WAVE = 12, 5
"""Between two nodes that are looked at first."""
WEBGPU = ("--backend", "webgpu")
NATIVE_LEG = (*WEBGPU, "--native-python", "env/bin/python")
LEGS = (*NATIVE_LEG, "--rungs", "replay-native-no-robustness")
SWITCHES = (
    "replay-native-no-zero-init",
    "replay-native-no-robustness",
    "replay-native-no-validation",
    "replay-web-in-process",
)


def stopping(folder: Path) -> None:
    """Determinants, for which WebGPU has no kernel, each of what the one before left: as many stops a run."""
    sketch = Sketch("stopping", seed=1)
    x = sketch.input("x", [SIDE, SIDE])
    for stop in range(STOPS):
        half = sketch.node(f"half{stop}", "Mul", [x, sketch.scalar(f"w{stop}", 0.5)])
        size = sketch.node(f"size{stop}", "Sigmoid", [sketch.node(f"alone{stop}", "Det", [half])])
        x = sketch.node(f"scaled{stop}", "Mul", [x, size])
    sketch.output(x, "y", [SIDE, SIDE])
    sketch.save(folder / "stopping.onnx")


def optimised(folder: Path) -> None:
    """Dense layers as onnxruntime saves them for the CPU, where it makes one operator of two, and others."""
    sketch = Sketch("dense", seed=2)
    x = sketch.input("x", [1, WIDTH])
    for layer in range(LAYERS):
        x = sketch.node(f"act{layer}", "Relu", [sketch.linear(f"dense{layer}", x, WIDTH, WIDTH)])
        x = sketch.node(f"wave{layer}", "Sin", [x])
    sketch.output(x, "y", [1, WIDTH])
    sketch.save(folder / "dense.onnx")
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(folder / "optimised.onnx")
    onnxruntime.InferenceSession(str(folder / "dense.onnx"), options, providers=["CPUExecutionProvider"])


def products(folder: Path) -> None:
    """Two products of matrices."""
    sketch = Sketch("products", seed=3)
    x = sketch.input("x", [WIDTH, WIDTH])
    for name in ("a", "b"):
        spread = (1.0 / WIDTH) ** 0.5
        weight = sketch.weight(f"{name}.weight", sketch.normal(WIDTH, WIDTH, spread=spread))
        x = sketch.node(name, "MatMul", [x, weight])
    sketch.output(x, "y", [WIDTH, WIDTH])
    sketch.save(folder / "products.onnx")


def native_leg(folder: Path) -> None:
    """The products, and an onnxruntime of its own with a WebGPU provider."""
    products(folder)
    venv.create(folder / "env", with_pip=True)
    packages = (OWN_WEBGPU, "msgspec", "psutil")
    python = folder / "env" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True, timeout=900)


def slower_build(folder: Path) -> None:
    """The pinned onnxruntime-web as another version of it, whose every submit comes late."""
    native_leg(folder)
    entry = build_behind(SLOWER, folder)
    entry.write_text(entry.read_text(encoding="utf-8").replace("1.30.0", "1.30.1"), encoding="utf-8")


def build_behind(script: str, folder: Path) -> Path:
    """The pinned onnxruntime-web in `dist`, with that script in front of its entry point: returned."""
    pinned = assets.web_dist()
    entry = assets.gpu_entry_point(pinned, assets.GPU_BUILD)
    dist = folder / "dist"
    dist.mkdir()
    for file in (pinned / entry, *pinned.glob(f"*.{assets.GPU_BUILD}.*")):
        shutil.copy(file, dist / file.name)
    text = (dist / entry).read_text(encoding="utf-8")
    (dist / entry).write_text(f"{script}\n{text}", encoding="utf-8")
    return dist / entry


def chained(folder: Path, links: int, row: int) -> None:
    """So many operators of a row of numbers, which nothing merges and of which each is a dispatch."""
    sketch = Sketch("chained", seed=4)
    x = sketch.input("x", [1, row])
    for link in range(links):
        op_type = ("Mul", "Add", "Neg")[link % 3]
        near_1 = 1 + sketch.normal(1, row, spread=0.1)
        other = [] if op_type == "Neg" else [sketch.weight(f"w{link}", near_1)]
        x = sketch.node(f"link{link}", op_type, [x, *other])
    sketch.output(x, "y", [1, row])
    sketch.save(folder / "chained.onnx")


def tiny_dispatches(folder: Path) -> None:
    """A thousand operators of a row of numbers, which nothing merges and of which each is a tiny dispatch."""
    chained(folder, TINY, ROW)


def on_a_burning_page(folder: Path) -> None:
    """The products, and a page whose timer burns for 20 ms in every 40."""
    products(folder)
    with_burning_page(folder)


def wrong_build(folder: Path) -> None:
    """A dozen operators one after the other, and the pinned onnxruntime-web, whose sine is a cosine."""
    sketch = Sketch("waving", seed=5)
    x = sketch.input("x", [1, ROW])
    for link in range(WAVES):
        x = sketch.node(f"link{link}", "Sin" if link == WRONG_WAVE else ("Neg", "Tanh")[link % 2], [x])
    sketch.output(x, "y", [1, ROW])
    sketch.save(folder / "waving.onnx")
    build_behind(WRONG_SINE, folder)


def stalling_build(folder: Path) -> None:
    """A long chain, and the pinned onnxruntime-web: its thread stands still behind every sixteenth submit."""
    chained(folder, MANY_LINKS, ROW)
    build_behind(STALLS, folder)


def compiling_build(folder: Path) -> None:
    """A chain, and the pinned onnxruntime-web: at every submit it makes a pipeline anew, of a new text."""
    chained(folder, LINKS, WIDE_ROW)
    build_behind(ANEW, folder)


def halting_browser(folder: Path) -> None:
    """The products, and a browser whose process for the GPU stands still three quarters of the time.

    What Dawn needs without a browser is found where it would be beside a browser of that name.
    """
    products(folder)
    browser = assets.find_browser()
    driver = Path(software(browser).variables["VK_ICD_FILENAMES"])
    for name in ("bin", "lib"):
        (folder / name).mkdir()
    (folder / "lib" / "chromium").symlink_to(driver.parent)
    program = folder / HALTING
    program.write_text(f"#!{sys.executable}\n{HALTS.replace('BROWSER', str(browser))}", encoding="utf-8")
    program.chmod(0o755)


HALTING = "bin/chromium"
HALTS = f"""
import os
import signal
import sys
import time
from pathlib import Path


def parents():
    found = {{}}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            found[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            pass
    return found


def is_gpu(pid):
    try:
        return b"--type=gpu-process" in Path(f"/proc/{{pid}}/cmdline").read_bytes()
    except OSError:
        return False


def is_below(pid, above, found):
    while pid in found and pid != above:
        pid = found[pid]
    return pid == above


browser = os.getpid()
if os.fork() == 0:
    os.closerange(0, 4096)
    gpu = None
    while os.getppid() == browser:
        if gpu is None:
            time.sleep(0.05)
            found = parents()
            gpu = next((pid for pid in found if is_below(pid, browser, found) and is_gpu(pid)), None)
            continue
        try:
            for after_s, what in (({GOES_MS} / 1e3, signal.SIGSTOP), ({STANDS_MS} / 1e3, signal.SIGCONT)):
                time.sleep(after_s)
                os.kill(gpu, what)
        except ProcessLookupError:
            gpu = None
    os._exit(0)
os.execv("BROWSER", ["BROWSER", *sys.argv[1:]])
"""
SLOWER = f"""
{{
  const {{ submit }} = GPUQueue.prototype;
  GPUQueue.prototype.submit = function (commands) {{
    const end = performance.now() + {SLOWER_MS};
    while (performance.now() < end);
    return submit.call(this, commands);
  }};
}}
"""
STALLS = f"""
{{
  const {{ submit }} = GPUQueue.prototype;
  const {{ createCommandEncoder }} = GPUDevice.prototype;
  let submits = 0;
  let due = false;
  GPUQueue.prototype.submit = function (commands) {{
    submits += 1;
    due = submits % {STALLED_SUBMITS} === 0;
    return submit.call(this, commands);
  }};
  GPUDevice.prototype.createCommandEncoder = function (wanted) {{
    const end = performance.now() + (due ? {STALL_MS} : 0);
    while (performance.now() < end);
    due = false;
    return createCommandEncoder.call(this, wanted);
  }};
}}
"""
WRONG_SINE = """
{
  const { createShaderModule } = GPUDevice.prototype;
  GPUDevice.prototype.createShaderModule = function (given) {
    return createShaderModule.call(this, { ...given, code: given.code.replaceAll("sin(", "cos(") });
  };
}
"""
PLANTS = Path(__file__).parents[1] / "tests/browser/gpu_modules/plants"
ANEW = (PLANTS / "anew.mjs").read_text(encoding="utf-8")
"""The same as the browser tests plant."""
SCENARIOS = {
    "gpu-stops": Scenario(
        shows="operators without a kernel on the GPU, for which every run stops (S12, S13)",
        options=(*WEBGPU, "--budget", "100", "--rungs", "main"),
        model="stopping.onnx",
        make=stopping,
    ),
    "gpu-optimised-before": Scenario(
        shows="a file that onnxruntime had optimised for the CPU (S16)",
        options=(*WEBGPU, "--budget", "1", "--rungs", "main"),
        model="optimised.onnx",
        make=optimised,
    ),
    "gpu-legs": Scenario(
        shows="onnxruntime's own WebGPU provider beside the browser, and safety (S15, S18 to S20)",
        options=(*LEGS, "--budget", "100"),
        model="products.onnx",
        make=native_leg,
    ),
    "gpu-slower-build": Scenario(
        shows="the same with a build that submits late, as a version that got slower would (S17, S20)",
        # For six first rounds: the native leg is visited in the later half of them.
        options=(*NATIVE_LEG, "--rungs", "main", "--web-dist", "dist", "--budget", "300"),
        model="products.onnx",
        make=slower_build,
    ),
    "gpu-slower-browser": Scenario(
        shows="a browser whose process for the GPU mostly stands still: part is its, part the kernels' (S19)",
        options=(*WEBGPU, "--rungs", "main", "--browser", HALTING, "--budget", "150"),
        model="products.onnx",
        make=halting_browser,
    ),
    "gpu-stall": Scenario(
        shows="the page's main thread stands still between a run's submits, and the GPU waits",
        options=(*WEBGPU, "--rungs", "main", "--web-dist", "dist", "--budget", "60"),
        model="chained.onnx",
        make=stalling_build,
    ),
    "gpu-anew": Scenario(
        shows="pipelines that every run makes anew instead of keeping them",
        # For more rounds than the first three: what compiling takes varies with whatever else is at work.
        options=(*WEBGPU, "--rungs", "main", "--web-dist", "dist", "--budget", "300"),
        model="chained.onnx",
        make=compiling_build,
    ),
    "gpu-switches": Scenario(
        shows="what each safety switch, and the GPU's process of its own, take alone (S18)",
        # For six first rounds: the later half of them visits the switches as well.
        options=(*WEBGPU, "--rungs", ",".join(SWITCHES), "--budget", "200"),
        model="encoder.onnx",
        make=encoder,
    ),
    "gpu-tiny": Scenario(
        shows="a thousand tiny dispatches: making them takes more of a run than what goes to and fro",
        options=(*WEBGPU, "--rungs", "main", "--budget", "200"),
        model="chained.onnx",
        make=tiny_dispatches,
    ),
    "gpu-wrong": Scenario(
        shows="a shader that computes something else: outputs part at one node, and no time compares (S15)",
        options=(*WEBGPU, "--rungs", "main", "--web-dist", "dist", "--budget", "1"),
        model="waving.onnx",
        make=wrong_build,
    ),
    "gpu-busy-page": Scenario(
        shows="a page whose timer holds the main thread half of the time, with the model on the GPU",
        options=(*WEBGPU, "--page", "burning.html", "--rungs", "main", "--budget", "240"),
        model="products.onnx",
        make=on_a_burning_page,
    ),
}


def main() -> None:
    """Those of this file."""
    publish(SCENARIOS)


if __name__ == "__main__":
    main()
