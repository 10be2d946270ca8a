from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from gapprof.errors import ModelUnusable
from gapprof.native.optimise import EXTERNAL_NAME, name_nodes, save_common_graph
from gapprof.records.model import TensorSpec
from gapprof.records.subject import NativeRefusal, StagedModel
from gapprof.subject import npz
from gapprof.subject.observe import observe
from gapprof.subject.zoo import build
from tests.unit.subject.drawing import drawn, nested, relu, saved

X = np.array([[-1.0, 2.0, 3.0], [4.0, -5.0, 6.0]], np.float32)


def _names(model: onnx.ModelProto) -> list[str]:
    return [node.name for node in model.graph.node]


def _observed_names(model: Path, folder: Path) -> set[str]:
    npz.save(folder / "x.npz", {"x": X})
    return set(observe(model, folder / "x.npz", folder / "x.npz", deadline_s=60).node_outputs)


def test_the_common_graph_is_fused_and_keeps_its_meaning(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["m"], name="m"),
        helper.make_node("Add", ["m", "b"], ["a"], name="a"),
        helper.make_node("Identity", ["a"], ["i"], name="i"),
        relu("r", "i"),
    ]
    weights = {"w": np.eye(3, dtype=np.float32), "b": np.ones(3, np.float32)}
    source = saved(drawn(nodes, weights=weights), tmp_path / "m.onnx")
    save_common_graph(source, tmp_path / "common" / "m.onnx", deadline_s=60)
    common = onnx.load(tmp_path / "common" / "m.onnx")
    assert "Identity" not in {node.op_type for node in common.graph.node}
    assert _observed_names(tmp_path / "common" / "m.onnx", tmp_path) == set(_names(common))


NASTY = (
    'quote"s',
    "back\\slash",
    "\x1b[31mred",
    "<b>bold</b> & [bold]",
    "line\nbreak",
    "ü" * 10_000,
    "",
    "plain",
)


def test_hostile_node_names_survive_optimiser_and_profiler_as_themselves_or_visibly(tmp_path: Path) -> None:
    steps = [f"t{n}" for n in range(len(NASTY))]
    nodes = [
        helper.make_node("Exp", [a], [b], name=n)
        for n, a, b in zip(NASTY, ["x", *steps], steps, strict=False)
    ]
    source = saved(drawn(nodes, output=steps[-1]), tmp_path / "m.onnx")
    save_common_graph(source, tmp_path / "common" / "m.onnx", deadline_s=60)
    names = _names(onnx.load(tmp_path / "common" / "m.onnx"))
    assert len(set(names)) == len(NASTY)
    assert all(names)
    assert {"<b>bold</b> & [bold]", "ü" * 10_000, "plain", "␛[31mred", "quote″s"} <= set(names)
    assert _observed_names(tmp_path / "common" / "m.onnx", tmp_path) == set(names)


def test_names_are_unique_across_subgraphs_and_given_names_stay() -> None:
    model = onnx.ModelProto.FromString(nested(3))
    for inner in (model.graph, model.graph.node[0].attribute[0].g):
        inner.node[0].name = ""
    model.graph.node.append(relu("If_0"))
    name_nodes(model.graph)
    assert model.graph.node[1].name == "If_0"
    inner = model.graph.node[0].attribute[0].g.node[0]
    assert len({model.graph.node[0].name, model.graph.node[1].name, inner.name}) == 3


def test_external_weights_stay_external_and_complete(tmp_path: Path) -> None:
    source = build("decoder-small", tmp_path / "zoo")
    target = tmp_path / "common" / "m.onnx"
    saved_as = save_common_graph(source, target, deadline_s=120)
    assert saved_as == StagedModel(path=target, external_data=(EXTERNAL_NAME,))
    common = onnx.load(target, load_external_data=False)
    assert {e.value for t in common.graph.initializer for e in t.external_data if e.key == "location"} == {
        EXTERNAL_NAME
    }
    assert {file.name for file in target.parent.iterdir()} == {"m.onnx", EXTERNAL_NAME}


def test_an_unknown_operator_is_refused_by_its_name(tmp_path: Path) -> None:
    source = saved(drawn([helper.make_node("Frobnicate", ["x"], ["y"], name="frob")]), tmp_path / "m.onnx")
    refusal = save_common_graph(source, tmp_path / "out" / "m.onnx", deadline_s=60)
    assert isinstance(refusal, NativeRefusal)
    assert "node 'frob' (Frobnicate): No Op registered" in refusal.message


def test_a_deadline_that_cannot_be_met_is_said(tmp_path: Path) -> None:
    source = saved(drawn([relu()]), tmp_path / "m.onnx")
    with pytest.raises(ModelUnusable, match="within 0 s and was stopped"):
        save_common_graph(source, tmp_path / "out" / "m.onnx", deadline_s=0.001)


def test_what_flows_is_reported_with_types_and_shapes(tmp_path: Path) -> None:
    node = helper.make_node("TopK", ["x", "k"], ["y", "at"], name="top")
    model = saved(drawn([node], weights={"k": np.array([2])}), tmp_path / "m.onnx")
    npz.save(tmp_path / "a.npz", {"x": X})
    npz.save(tmp_path / "b.npz", {"x": -X})
    observed = observe(model, tmp_path / "a.npz", tmp_path / "b.npz", deadline_s=60)
    assert observed.outputs == (TensorSpec(name="y", dtype="float32", shape=(2, 2)),)
    assert [(flow.dtype, flow.shape) for flow in observed.node_outputs["top"]] == [
        ("float", (2, 2)),
        ("int64", (2, 2)),
    ]
    assert observed.outputs_differ
    assert observed.not_finite == ()


def test_blind_outputs_and_those_that_are_not_finite_are_seen(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Sub", ["x", "x"], ["zero"], name="s"),
        helper.make_node("Log", ["zero"], ["y"], name="l"),
    ]
    model = saved(drawn(nodes), tmp_path / "m.onnx")
    npz.save(tmp_path / "a.npz", {"x": X})
    npz.save(tmp_path / "b.npz", {"x": -X})
    observed = observe(model, tmp_path / "a.npz", tmp_path / "b.npz", deadline_s=60)
    assert not observed.outputs_differ
    assert observed.not_finite == ("y",)
