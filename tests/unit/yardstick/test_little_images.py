"""Windows, borders and sizes in real little models: what twins are made of, and what a program gives."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from gapprof.engine import Engine
from gapprof.kernels.families.affine import Affine
from gapprof.kernels.families.conv import Conv
from gapprof.kernels.families.conv_transposed import ConvTransposed
from gapprof.kernels.families.moved import Moved
from gapprof.kernels.families.padded import Padded
from gapprof.kernels.families.resized import Resized
from gapprof.yardstick.node import NoTwinError
from tests.unit.yardstick.little_models import Case, gives_what_native_gives, node, normals
from tests.unit.yardstick.programs import opened, saved, twins, written

normal = normals(np.random.default_rng(4))
CASES = [
    Case(
        "a normalised image",
        [node("BatchNormalization", ["x", "scale", "shift", "mean", "variance"], epsilon=0.01)],
        (2, 5, 3, 7),
        (Affine,),
        {"scale": normal(5), "shift": normal(5), "mean": normal(5), "variance": np.abs(normal(5)) + 0.1},
    ),
    Case(
        "nearest",
        [node("Resize", ["x", "", "scales"], mode="nearest", coordinate_transformation_mode="asymmetric")],
        (1, 3, 5, 9),
        (Resized,),
        {"scales": [1.0, 1.0, 2.0, 2.0]},
    ),
    Case(
        "nearest by three, with a region that is none",
        [node("Resize", ["x", "region", "scales"], mode="nearest")],
        (1, 2, 4, 4),
        (Resized,),
        {"scales": [1.0, 1.0, 3.0, 3.0], "region": np.zeros(0, np.float32)},
    ),
    Case(
        "blended to given sizes",
        [node("Resize", ["x", "", "", "sizes"], mode="linear", coordinate_transformation_mode="half_pixel")],
        (2, 2, 4, 6),
        (Resized,),
        {"sizes": np.array([2, 2, 8, 24])},
    ),
    Case(
        "blended from corners",
        [node("Resize", ["x", "", "scales"], mode="linear", coordinate_transformation_mode="asymmetric")],
        (1, 2, 4, 5),
        (Resized,),
        {"scales": [1.0, 1.0, 4.0, 2.0]},
    ),
    Case(
        "a border of ones",
        [node("Pad", ["x", "pads", "one"])],
        (2, 6, 9, 11),
        (Moved,),
        {"pads": np.array([0, 1, 2, 0, 0, 0, 1, 3]), "one": np.float32(1.0)},
    ),
    Case(
        "a border along one axis",
        [node("Pad", ["x", "pads", "", "axes"])],
        (3, 4, 5),
        (Moved,),
        {"pads": np.array([2, 1]), "axes": np.array([-2])},
        opset=18,
    ),
    Case(
        "an image twice as large",
        [node("ConvTranspose", ["x", "w", "b"], strides=[2, 2], pads=[1, 1, 1, 1])],
        (2, 4, 5, 7),
        (Padded, ConvTransposed),
        {"w": normal(4, 6, 4, 4), "b": normal(6)},
    ),
    Case(
        "an image twice as large, in groups",
        [
            node(
                "ConvTranspose",
                ["x", "w"],
                strides=[2, 2],
                pads=[1, 1, 1, 1],
                output_padding=[1, 1],
                group=2,
            )
        ],
        (1, 4, 5, 7),
        (Padded, ConvTransposed),
        {"w": normal(4, 3, 3, 3)},
    ),
    Case(
        "uneven strides and borders",
        [node("ConvTranspose", ["x", "w"], strides=[3, 1], pads=[0, 2, 1, 0])],
        (1, 3, 4, 6),
        (Padded, ConvTransposed),
        {"w": normal(3, 2, 5, 3)},
    ),
    Case(
        "a border that gives the size it wants",
        [node("Conv", ["x", "w"], strides=[2, 2], auto_pad="SAME_UPPER")],
        (1, 3, 7, 10),
        (Padded, Conv),
        {"w": normal(5, 3, 3, 3)},
    ),
    Case(
        "the same from the other side",
        [node("Conv", ["x", "w"], auto_pad="SAME_LOWER")],
        (1, 3, 7, 10),
        (Padded, Conv),
        {"w": normal(5, 3, 2, 4)},
    ),
    Case(
        "more stride than filter",
        [node("ConvTranspose", ["x", "w"], strides=[3])],
        (1, 3, 9),
        (ConvTransposed,),
        {"w": normal(3, 2, 2)},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_model_of_our_kernels_gives_what_native_gives(case: Case, engine: Engine, tmp_path: Path) -> None:
    gives_what_native_gives(case, tmp_path, engine)


def test_another_kind_of_rounding_has_a_twin_but_no_place_in_a_program(tmp_path: Path) -> None:
    nodes = [node("Resize", ["x", "", "scales"], mode="nearest", nearest_mode="floor")]
    path = saved(tmp_path / "m.onnx", nodes, {"scales": [1.0, 1.0, 3.0, 3.0]}, (1, 2, 4, 4))
    subject = opened(path, tmp_path / "work")
    assert twins(subject)["n"].parts
    with pytest.raises(NoTwinError, match="n: its nearest elements"):
        written(subject)


@pytest.mark.parametrize(
    ("nodes", "weights", "why"),
    [
        (
            [node("Resize", ["x", "", "scales"], mode="cubic")],
            {"scales": [1.0, 1.0, 2.0, 2.0]},
            "no twin of cubic",
        ),
        (
            [node("Resize", ["x", "", "scales"], mode="nearest")],
            {"scales": [1.0, 1.0, 1.5, 1.5]},
            "no whole factor",
        ),
        (
            [
                node(
                    "Resize",
                    ["x", "", "scales"],
                    mode="linear",
                    coordinate_transformation_mode="align_corners",
                )
            ],
            {"scales": [1.0, 1.0, 2.0, 2.0]},
            "coordinates are align_corners",
        ),
        (
            [node("Pad", ["x", "pads"], mode="reflect")],
            {"pads": np.array([0, 0, 1, 1, 0, 0, 1, 1])},
            "made of what it surrounds",
        ),
        (
            [node("Pad", ["x", "pads"])],
            {"pads": np.array([0, 0, -1, 0, 0, 0, 0, 0])},
            "cuts as well",
        ),
    ],
)
def test_what_has_no_twin_says_why(
    nodes: Sequence[onnx.NodeProto], weights: Mapping[str, Any], why: str, tmp_path: Path
) -> None:
    path = saved(tmp_path / "m.onnx", nodes, weights, (1, 2, 4, 4))
    subject = opened(path, tmp_path / "work")
    assert why in twins(subject)["n"].why
