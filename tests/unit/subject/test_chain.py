from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from gapprof.native.optimise import save_common_graph
from gapprof.subject.chain import write_dispatch_chain


@pytest.mark.parametrize("nodes", [2, 200])
def test_the_chain_runs_and_every_link_counts(tmp_path: Path, nodes: int) -> None:
    chain = write_dispatch_chain(tmp_path, nodes)
    assert chain.nodes == nodes
    for path, count in ((chain.path, nodes), (chain.first_link_path, 1)):
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        assert len(model.graph.node) == count
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        (y,) = session.run(None, {"x": np.array([3.0], np.float32)})
        assert y.tolist() == [3.0 * (-1) ** count]


def test_not_even_an_optimiser_shortens_it(tmp_path: Path) -> None:
    write_dispatch_chain(tmp_path)
    save_common_graph(tmp_path / "chain.onnx", tmp_path / "out" / "chain.onnx", deadline_s=60)
    assert len(onnx.load(tmp_path / "out" / "chain.onnx").graph.node) == 200
