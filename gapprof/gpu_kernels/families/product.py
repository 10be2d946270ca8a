"""C = A·B, batched, with a bias and an activation: dense layers, products of matrices, 1x1 convolutions."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gapprof.gpu_kernels.family import F32, FOUR, Arrays, Choice, Family, Shader, bound
from gapprof.gpu_kernels.functions import applied
from gapprof.gpu_kernels.tiled import Product, choices, gathered, scattered, tiled
from gapprof.kernels.families.gemm import Gemm


def _wide(shape: Gemm) -> tuple[bool, bool]:
    """Whether A's rows, and those of B and C, are made of whole fours."""
    return not shape.a_transposed and shape.depth % FOUR == 0, shape.columns % FOUR == 0


def _choices(shape: Gemm) -> Sequence[Choice]:
    return choices(shape.rows, shape.columns, can_be_wide=any(_wide(shape)))


def _shader(shape: Gemm, choice: Choice) -> Shader:
    left_wide, right_wide = (one and choice.wide for one in _wide(shape))
    buffers = [("left", left_wide), ("right", right_wide), ("result", right_wide)]
    if shape.bias:
        buffers.insert(2, ("bias", False))
    product = Product(
        rows=shape.rows,
        depth=shape.depth,
        columns=shape.columns,
        batches=shape.batch,
        declarations=bound(buffers),
        read_left=_left(shape, wide=left_wide),
        read_right=_right(shape, wide=right_wide),
        put=_put(shape, wide=right_wide),
        activation=shape.activation,
    )
    return tiled(product, choice)


def _left(shape: Gemm, *, wide: bool) -> str:
    batch = "0u" if shape.shared == "a" else "batch"
    if wide:
        fours = shape.depth // FOUR
        return f"""  if (row >= {shape.rows}u || four >= {fours}u) {{ return vec4f(); }}
  return left[({batch} * {shape.rows}u + row) * {fours}u + four];"""
    if shape.a_transposed:
        body = gathered(
            "left",
            "four * 4u",
            shape.depth,
            lambda k: f"({batch} * {shape.depth}u + {k}) * {shape.rows}u + row",
        )
    else:
        body = gathered(
            "left",
            "four * 4u",
            shape.depth,
            lambda k: f"({batch} * {shape.rows}u + row) * {shape.depth}u + {k}",
        )
    return f"  if (row >= {shape.rows}u) {{ return vec4f(); }}\n{body}"


def _right(shape: Gemm, *, wide: bool) -> str:
    row = f"({'0u' if shape.shared == 'b' else 'batch'} * {shape.depth}u + step)"
    if wide:
        fours = shape.columns // FOUR
        return f"""  if (step >= {shape.depth}u || four >= {fours}u) {{ return vec4f(); }}
  return right[{row} * {fours}u + four];"""
    body = gathered(
        "right", "four * 4u", shape.columns, lambda column: f"{row} * {shape.columns}u + {column}"
    )
    return f"  if (step >= {shape.depth}u) {{ return vec4f(); }}\n{body}"


def _put(shape: Gemm, *, wide: bool) -> str:
    """Columns behind the end are put nowhere; of the bias, there is nothing to be read for them."""
    lines = [f"  if (row >= {shape.rows}u || four * 4u >= {shape.columns}u) {{ return; }}"]
    sums = "sums"
    if shape.bias == "row":
        sums = "sums + bias[row]"
    elif shape.bias == "column":
        ends = ", ".join(f"bias[min(four * 4u + {at}u, {shape.columns - 1}u)]" for at in range(FOUR))
        sums = f"sums + vec4f({ends})"
    lines.append(f"  let value = activated({sums});")
    row = f"(batch * {shape.rows}u + row)"
    if wide:
        lines.append(f"  result[{row} * {shape.columns // FOUR}u + four] = value;")
    else:
        lines.append(
            scattered(
                "result", "four * 4u", shape.columns, lambda column: f"{row} * {shape.columns}u + {column}"
            )
        )
    return "\n".join(lines)


def _buffers(shape: Gemm) -> tuple[int, ...]:
    """A, B, the bias where there is one, and C."""
    of_a, of_b = (1 if shape.shared == one else shape.batch for one in ("a", "b"))
    bias = {"row": shape.rows, "column": shape.columns}
    sizes = [of_a * shape.rows * shape.depth, of_b * shape.depth * shape.columns]
    if shape.bias:
        sizes.append(bias[shape.bias])
    return tuple(F32 * size for size in (*sizes, shape.batch * shape.rows * shape.columns))


def _reference(shape: Gemm, arrays: Arrays) -> NDArray[np.float64]:
    sides = (shape.depth, shape.rows) if shape.a_transposed else (shape.rows, shape.depth)
    left = arrays[0].astype(np.float64).reshape(-1, *sides)
    if shape.a_transposed:
        left = left.swapaxes(1, 2)
    found = left @ arrays[1].astype(np.float64).reshape(-1, shape.depth, shape.columns)
    if shape.bias:
        found = found + arrays[2].reshape((-1, 1) if shape.bias == "row" else (-1,))
    return applied(shape.activation, found).ravel()


def _words(shape: Gemm) -> str:
    batch = f"{shape.batch} of " if shape.batch > 1 else ""
    return f"{batch}{shape.rows}x{shape.depth}x{shape.columns}"


FAMILY = Family(
    kind=Gemm,
    choices=_choices,
    shader=_shader,
    buffers=_buffers,
    reference=_reference,
    words=_words,
)
