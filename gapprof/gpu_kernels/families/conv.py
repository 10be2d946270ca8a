"""Convolutions as products of matrices whose right operand is gathered from the image."""

from collections.abc import Sequence

from gapprof.gpu_kernels.family import FOUR, Choice, Family, Shader, bound
from gapprof.gpu_kernels.tiled import Product, choices, gathered, scattered, tiled
from gapprof.gpu_kernels.window import Windowed, buffers, reference, words


class Conv(Windowed, frozen=True, kw_only=True, tag="conv"):
    """Any number of groups."""

    @property
    def rows(self) -> int:
        """Filters of a group."""
        return self.filters // self.groups

    @property
    def depth(self) -> int:
        """Elements of a filter."""
        return self.channels // self.groups * self.taps

    @property
    def columns(self) -> int:
        """Places that it is held to."""
        return self.out[0] * self.out[1]


def _wide(shape: Conv) -> tuple[bool, bool]:
    """Whether filters, and planes of the result, are made of whole fours. Images are never read by fours."""
    return shape.depth % FOUR == 0, shape.columns % FOUR == 0


def _choices(shape: Conv) -> Sequence[Choice]:
    return choices(shape.rows, shape.columns, can_be_wide=any(_wide(shape)))


def _shader(shape: Conv, choice: Choice) -> Shader:
    filters_wide, result_wide = (one and choice.wide for one in _wide(shape))
    declared = [("filters", filters_wide), ("image", False), ("result", result_wide)]
    names = [declared[1], declared[0], *([("bias", False)] if shape.bias else []), declared[2]]
    product = Product(
        rows=shape.rows,
        depth=shape.depth,
        columns=shape.columns,
        batches=shape.batch * shape.groups,
        declarations=bound(names),
        read_left=_filters(shape, wide=filters_wide),
        read_right=_image(shape),
        put=_put(shape, wide=result_wide),
        activation=shape.activation,
    )
    return tiled(product, choice)


def _group(shape: Conv) -> str:
    """Which filter of all, by its place in the group."""
    if shape.groups == 1:
        return "row"
    return f"((batch % {shape.groups}u) * {shape.rows}u + row)"


def _filters(shape: Conv, *, wide: bool) -> str:
    if wide:
        fours = shape.depth // FOUR
        return f"""  if (row >= {shape.rows}u || four >= {fours}u) {{ return vec4f(); }}
  return filters[{_group(shape)} * {fours}u + four];"""
    body = gathered("filters", "four * 4u", shape.depth, lambda k: f"{_group(shape)} * {shape.depth}u + {k}")
    return f"  if (row >= {shape.rows}u) {{ return vec4f(); }}\n{body}"


def _image(shape: Conv) -> str:
    """One tap of one plane at four places; groups and images lie one after the other as planes do."""
    (down, along), (row_gap, column_gap) = shape.stride, shape.dilation
    top, left = shape.pads[:2]
    lines = [
        "  var found = vec4f();",
        f"  if (step >= {shape.depth}u) {{ return found; }}",
        f"  let plane = batch * {shape.channels // shape.groups}u + step / {shape.taps}u;",
        f"  let tap = step % {shape.taps}u;",
        f"  let first_y = i32(tap / {shape.kernel[1]}u * {row_gap}u) - {top};",
        f"  let first_x = i32(tap % {shape.kernel[1]}u * {column_gap}u) - {left};",
    ]
    for at, lane in enumerate("xyzw"):
        lines += [
            "  {",
            f"    let place = four * 4u + {at}u;",
            f"    let y = i32(place / {shape.out[1]}u * {down}u) + first_y;",
            f"    let x = i32(place % {shape.out[1]}u * {along}u) + first_x;",
            f"    let inside = y >= 0 && y < {shape.height} && x >= 0 && x < {shape.width};",
            f"    if (place < {shape.columns}u && inside) {{",
            f"      found.{lane} = image[(plane * {shape.height}u + u32(y)) * {shape.width}u + u32(x)];",
            "    }",
            "  }",
        ]
    return "\n".join([*lines, "  return found;"])


def _put(shape: Conv, *, wide: bool) -> str:
    lines = [f"  if (row >= {shape.rows}u || four * 4u >= {shape.columns}u) {{ return; }}"]
    sums = f"sums + bias[{_group(shape)}]" if shape.bias else "sums"
    lines.append(f"  let value = activated({sums});")
    row = f"(batch * {shape.rows}u + row)"
    if wide:
        lines.append(f"  result[{row} * {shape.columns // FOUR}u + four] = value;")
    else:
        lines.append(
            scattered(
                "result", "four * 4u", shape.columns, lambda place: f"{row} * {shape.columns}u + {place}"
            )
        )
    return "\n".join(lines)


FAMILY = Family(
    kind=Conv,
    choices=_choices,
    shader=_shader,
    buffers=buffers,
    reference=reference,
    words=words,
)
