"""A real browser on a page that fetches its own tasks: no DevTools protocol, only GET and POST."""

import contextlib
import functools
import operator
import os
import queue
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from gapprof import assets
from gapprof.browser import flags, tensors
from gapprof.browser.mounts import Folder
from gapprof.browser.server import Serving, Site, serving
from gapprof.guard import MARKER, Guard, kill_processes, processes_of
from gapprof.records.wire import messages
from gapprof.records.wire.open import OpenTask
from gapprof.records.wire.tensors import TensorSlice

ANSWER_S = 180.0
PLAIN = "probes_web/pages/plain.html"
STRANGER = """<!doctype html><title>somebody else's</title><script type="module">
import {{ serveTasks }} from "{base}probes_web/transport_post.mjs";
await serveTasks(new URL("{base}tasks/next"), new URL("{base}answers"));
</script>"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    """A small model with a few dtypes, its inputs, and where both lie."""

    path: Path
    inputs: dict[str, NDArray[np.generic]]
    inputs_path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """What a page answered and what it left."""

    answers: list[msgspec.Struct]
    outputs: bytes


def small_model(folder: Path) -> Small:
    """Three layers on float32; int64, bool and float16 go straight through."""
    rng = np.random.default_rng(0)
    nodes, weights, last = [], [], "x"
    for layer in range(3):
        weight = (rng.standard_normal((64, 64)) / 8).astype(np.float32)
        weights.append(numpy_helper.from_array(weight, f"w{layer}"))
        nodes.append(helper.make_node("MatMul", [last, f"w{layer}"], [f"m{layer}"], name=f"layer{layer}/mm"))
        nodes.append(helper.make_node("Tanh", [f"m{layer}"], [f"t{layer}"], name=f"layer{layer}/tanh"))
        last = f"t{layer}"
    through = {"k": TensorProto.INT64, "b": TensorProto.BOOL, "h": TensorProto.FLOAT16}
    ins = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [8, 64])]
    outs = [helper.make_tensor_value_info(last, TensorProto.FLOAT, [8, 64])]
    for name, kind in through.items():
        nodes.append(helper.make_node("Identity", [name], [f"{name}_out"], name=f"through/{name}"))
        ins.append(helper.make_tensor_value_info(name, kind, [3]))
        outs.append(helper.make_tensor_value_info(f"{name}_out", kind, [3]))
    graph = helper.make_graph(nodes, "small", ins, outs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    inputs: dict[str, NDArray[np.generic]] = {
        "x": rng.standard_normal((8, 64)).astype(np.float32),
        "k": np.array([1, -2, 2**40], dtype=np.int64),
        "b": np.array([True, False, True]),
        "h": np.array([0.5, -1.25, 6.0], dtype=np.float16),
    }
    small = Small(path=folder / "small.onnx", inputs=inputs, inputs_path=folder / "inputs.npz")
    onnx.save(model, small.path)
    tensors.save(inputs, small.inputs_path)
    return small


def open_task(
    server: Serving, small: Small, slices: tuple[TensorSlice, ...], *, where: str, threads: int = 1
) -> OpenTask:
    """Opens the small model as the common graph is opened."""
    module = assets.entry_point(server.site.folders["ort/"].root)
    return OpenTask(
        ort_url=server.url(f"ort/{module}"),
        wasm_base_url=server.url("ort/"),
        threads=threads,
        where=where,
        model_url=server.url(f"model/{small.path.name}"),
        optimise=False,
        inputs_url=server.url("inputs.bin"),
        inputs=slices,
        outputs_url=server.url("outputs"),
        warmup_ms=0.0,
        warmup_runs=3,
    )


def visit(
    small: Small,
    tasks: Callable[[Serving, tuple[TensorSlice, ...]], Sequence[msgspec.Struct]],
    *,
    dist: Path | None = None,
    isolated: bool = True,
    stranger: Path | None = None,
) -> Visited:
    """Have a fresh browser open the plain page, and collect one answer per task.

    With `stranger`, a folder, the tasks are carried out inside a page of another origin, written there.
    """
    block, slices = tensors.packed(small.inputs_path)
    site = Site(
        folders={
            "probes_web/": Folder(root=assets.probes_web()),
            "ort/": Folder(root=dist or assets.web_dist()),
            "model/": Folder(root=small.path.parent),
        },
        blobs={"inputs.bin": block},
        isolated=isolated,
    )
    with Guard() as guard, serving(site) as server, contextlib.ExitStack() as stack:
        url = server.url(PLAIN)
        if stranger is not None:
            elsewhere = Site(folders={"": Folder(root=stranger)}, isolated=isolated)
            other = stack.enter_context(serving(elsewhere))
            site.origin = "http://" + urlsplit(other.base).netloc
            (stranger / "index.html").write_text(STRANGER.format(base=server.base), encoding="utf-8")
            url = other.url("index.html")
        wanted = tasks(server, slices)
        for task in wanted:
            site.tasks.put(msgspec.json.encode(task))
        with _showing(url, guard):
            try:
                bodies = [site.answers.get(timeout=ANSWER_S) for _ in wanted]
            except queue.Empty:
                raise AssertionError(f"no answer within {ANSWER_S:g} s") from None
    answer = functools.reduce(operator.or_, messages.answers())
    answers = [msgspec.json.decode(body, type=answer) for body in bodies]
    return Visited(answers=answers, outputs=site.posted.get("outputs", b""))


@contextlib.contextmanager
def _showing(url: str, guard: Guard) -> Iterator[None]:
    """A browser that was given an address and is not spoken to."""
    own = guard.environment()
    with guard.folder("profile") as profile:
        line = flags.command_line(assets.find_browser(), profile=profile)
        quiet = [word for word in line if word != "about:blank" and "remote-debugging" not in word]
        process = subprocess.Popen(
            [*quiet, url],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=flags.environment(os.environ, profile=profile, marker=own),
            start_new_session=True,
        )
        guard.watch_process(process.pid)
        try:
            yield
        finally:
            assert not kill_processes(lambda: processes_of({process.pid}, own[MARKER]), groups=(process.pid,))
            process.wait(timeout=5.0)
            guard.forget_process(process.pid)
