"""Texts and grids of compute shaders: all of a result is covered, and an adapter's limits are kept."""

import math
import re
from collections.abc import Iterator

import numpy as np
import pytest
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from gapprof.gpu_kernels.families.conv import Conv
from gapprof.gpu_kernels.families.depthwise import Depthwise
from gapprof.gpu_kernels.family import F32, MOST, Choice, Limits, Shader, limits_of, tried
from gapprof.gpu_kernels.shapes import described, families, family_of, key_of, shape_of
from gapprof.gpu_kernels.window import Windowed
from gapprof.kernels.families.combined import Combined
from gapprof.kernels.families.gemm import Gemm
from gapprof.kernels.families.mapped import Mapped
from tests.unit.gpu_kernels.shapes import CONVOLUTIONS, DEPTHWISE, ELEMENTWISE, PRODUCTS, SHAPES

WINDOWED = (*CONVOLUTIONS, *DEPTHWISE)
SMALL = Limits(workgroup=64, workgroup_x=64, workgroup_y=64, shared_bytes=8192, workgroups=1000)


def shaders(shape: Struct) -> Iterator[tuple[Choice, Shader]]:
    family = family_of(shape)
    for choice in tried(family, shape, Limits()):
        yield choice, family.shader(shape, choice)


def reached(shape: Struct, choice: Choice, shader: Shader) -> tuple[int, ...]:
    """Columns, rows and batches of the result that its grid has threads for."""
    x, y, z = shader.grid
    across, down = choice.threads
    if isinstance(shape, Gemm | Conv):
        return x * across * choice.vectors * 4, y * down * choice.rows, z
    if isinstance(shape, Depthwise):
        return x * across * choice.vectors, y * down, z
    return (x * y * across * choice.vectors * (4 if choice.wide else 1),)


def wanted(shape: Struct) -> tuple[int, ...]:
    match shape:
        case Gemm():
            return shape.columns, shape.rows, shape.batch
        case Conv():
            return shape.columns, shape.rows, shape.batch * shape.groups
        case Depthwise():
            return shape.out[1], shape.out[0], shape.batch * shape.channels
        case Mapped():
            return (shape.count,)
        case Combined():
            return (shape.rows * shape.columns,)
        case _:
            raise AssertionError(shape)


def test_every_family_has_an_odd_shape() -> None:
    assert {family_of(shape).id for shape in SHAPES} == set(families())


@pytest.mark.parametrize("shape", SHAPES, ids=key_of)
class TestShape:
    def test_it_comes_back_from_its_text(self, shape: Struct) -> None:
        assert shape_of(key_of(shape)) == shape
        assert described([key_of(shape)])

    def test_a_few_choices_are_tried_each_another_shader(self, shape: Struct) -> None:
        found = [shader for _, shader in shaders(shape)]
        assert 1 < len(found) <= MOST
        assert len({shader.code for shader in found}) == len(found)

    def test_every_element_has_a_thread_and_no_axis_twice_as_many_workgroups(self, shape: Struct) -> None:
        for choice, shader in shaders(shape):
            threads = reached(shape, choice, shader)
            sizes = wanted(shape)
            assert all(size <= reach for size, reach in zip(sizes, threads, strict=True))
            for size, reach, count in zip(sizes, threads, shader.grid, strict=False):
                assert (
                    count == 1 or reach - reach // count < size
                )  # without its last workgroup it is too small

    def test_it_stays_within_an_adapters_limits(self, shape: Struct) -> None:
        family = family_of(shape)
        assert tried(family, shape, SMALL)
        for choice in tried(family, shape, SMALL):
            shader = family.shader(shape, choice)
            assert math.prod(shader.workgroup) <= SMALL.workgroup
            assert shader.shared_bytes <= SMALL.shared_bytes
            assert max(shader.grid) <= SMALL.workgroups

    def test_what_it_takes_of_workgroup_memory_is_what_it_declares(self, shape: Struct) -> None:
        for _, shader in shaders(shape):
            declared = re.findall(r"var<workgroup> \w+: array<vec4f, (\d+)>", shader.code)
            assert shader.shared_bytes == 4 * F32 * sum(map(int, declared))

    def test_its_text_says_its_workgroup_and_a_binding_for_every_buffer(self, shape: Struct) -> None:
        for _, shader in shaders(shape):
            (size,) = re.findall(r"@workgroup_size\(([\d, ]+)\)", shader.code)
            assert math.prod(map(int, size.split(","))) == math.prod(shader.workgroup)
            bindings = re.findall(r"@binding\((\d+)\) var<storage, (\w+)>", shader.code)
            count = len(family_of(shape).buffers(shape))
            assert [int(number) for number, _ in bindings] == list(range(count))
            assert [access for _, access in bindings] == ["read"] * (count - 1) + ["read_write"]

    def test_fours_are_only_read_where_buffers_are_made_of_them(self, shape: Struct) -> None:
        for _, shader in shaders(shape):
            kinds = re.findall(r"@binding\(\d+\) var<storage, \w+> \w+: array<(\w+)>", shader.code)
            for kind, size in zip(kinds, family_of(shape).buffers(shape), strict=True):
                assert kind == "f32" or size % 16 == 0

    def test_numpys_answer_fills_the_result(self, shape: Struct) -> None:
        family = family_of(shape)
        rng = np.random.default_rng(1)
        *inputs, result = family.buffers(shape)
        arrays = [rng.standard_normal(size // F32, dtype=np.float32) for size in inputs]
        fed = [family.operand(shape, at, one) for at, one in enumerate(arrays)]
        found = family.reference(shape, fed)
        assert found.size * F32 == result
        assert np.isfinite(found).all()
        assert np.unique(found).size > 1


def test_a_shape_that_no_tile_divides_is_read_and_written_one_by_one() -> None:
    shape = PRODUCTS[0]
    assert all(not choice.wide for choice, _ in shaders(shape))
    assert all("array<vec4f>" not in shader.code for _, shader in shaders(shape))


def test_reading_by_fours_is_tried_beside_reading_one_by_one() -> None:
    for shape in (PRODUCTS[1], ELEMENTWISE[1]):
        assert {choice.wide for choice, _ in shaders(shape)} == {True, False}


def test_a_buffer_that_an_adapter_does_not_bind_leaves_nothing_to_try() -> None:
    shape = PRODUCTS[1]
    assert tried(family_of(shape), shape, replace(Limits(), binding_bytes=4096)) == ()


def test_very_many_elements_lie_in_a_square_of_workgroups() -> None:
    shape = Mapped(count=64 * 70_000 * 4, function="relu")
    family = family_of(shape)
    shader = family.shader(shape, Choice(threads=(64, 1), wide=True))
    across, down, deep = shader.grid
    assert max(shader.grid) <= 65535
    assert deep == 1
    assert 70_000 <= across * down < 70_000 + across


def test_limits_are_the_adapters_and_the_standards_where_it_says_nothing() -> None:
    told = limits_of({"maxComputeWorkgroupStorageSize": 32768, "maxBufferSize": 7})
    assert told == replace(Limits(), shared_bytes=32768)


@pytest.mark.parametrize("shape", WINDOWED, ids=key_of)
def test_numpys_convolution_is_that_of_onnx(shape: Windowed) -> None:
    plain = replace(shape, bias=False, activation=None)
    family = family_of(plain)
    rng = np.random.default_rng(2)
    image = rng.standard_normal((shape.batch, shape.channels, shape.height, shape.width), dtype=np.float32)
    filters = rng.standard_normal(
        (shape.filters, shape.channels // shape.groups, *shape.kernel), dtype=np.float32
    )
    assert tuple(F32 * one.size for one in (image, filters)) == family.buffers(plain)[:2]
    expected = by_onnx(shape, image, filters)
    assert expected.shape == (shape.batch, shape.filters, *shape.out)
    np.testing.assert_allclose(
        family.reference(plain, [image.ravel(), filters.ravel()]), expected.ravel(), rtol=0, atol=1e-4
    )


def by_onnx(shape: Windowed, image: NDArray[np.float32], filters: NDArray[np.float32]) -> NDArray[np.float32]:
    """By the reference implementation of the standard."""
    conv = helper.make_node(
        "Conv",
        ["x", "w"],
        ["y"],
        kernel_shape=shape.kernel,
        strides=shape.stride,
        dilations=shape.dilation,
        pads=shape.pads,
        group=shape.groups,
    )
    graph = helper.make_graph(
        [conv],
        "conv",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("x", "w")],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (found,) = ReferenceEvaluator(model).run(None, {"x": image, "w": filters})
    return np.asarray(found, np.float32)
