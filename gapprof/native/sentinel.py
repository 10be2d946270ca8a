"""A fixed GEMM whose rate shows which instructions onnxruntime's kernels really use."""

import functools
from typing import Any

from gapprof.native.runtime import Runtime, open_session
from gapprof.native.stopwatch import elapsed_ms

SIZE = 512
_FLOPS = 2 * SIZE**3
_WARM_UP, _RUNS = 3, 12


@functools.cache
def sentinel_model() -> bytes:
    """A float32 MatMul of two SIZE x SIZE inputs, as an ONNX file."""
    from onnx import TensorProto, helper

    a, b, product = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [SIZE, SIZE]) for name in ("a", "b", "product")
    )
    node = helper.make_node("MatMul", ["a", "b"], ["product"], name="sentinel")
    graph = helper.make_graph([node], "sentinel", [a, b], [product])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    data: bytes = model.SerializeToString()
    return data


def measured_gflops(runtime: Runtime, model: bytes) -> float:
    """Best rate of one thread in 10⁹ operations per second. Run it after what is timed, never before."""
    import numpy as np

    session = open_session(runtime, model, threads=1, optimise=False)
    side = np.linspace(-1, 1, SIZE * SIZE, dtype=np.float32).reshape(SIZE, SIZE)
    feed: dict[str, Any] = {"a": side, "b": side}
    run = functools.partial(session.run, ["product"], feed)
    for _ in range(_WARM_UP):
        run()
    return _FLOPS / min(elapsed_ms(run) for _ in range(_RUNS)) / 1e6
