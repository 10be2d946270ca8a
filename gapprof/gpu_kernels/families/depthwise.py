"""Convolutions of each channel by itself: a thread has some columns of a row and reads what they share."""

from collections.abc import Sequence

from gapprof.gpu_kernels.family import Choice, Family, Shader, bound, covering
from gapprof.gpu_kernels.functions import activated
from gapprof.gpu_kernels.window import Windowed, buffers, reference, words

_THREADS = ((8, 8), (16, 8), (16, 16), (32, 4))
_COLUMNS = (1, 2, 4)


class Depthwise(Windowed, frozen=True, kw_only=True, tag="depthwise"):
    """As many groups and filters as channels."""

    def __post_init__(self) -> None:
        if not self.groups == self.channels == self.filters:
            raise ValueError("one filter for each channel")


def _choices(shape: Depthwise) -> Sequence[Choice]:
    """Workgroups that are less than twice the result; where all are, the smallest."""
    rows, columns = shape.out
    found = [Choice(threads=threads, vectors=count) for count in _COLUMNS for threads in _THREADS]
    for size, axis in ((rows, 1), (columns, 0)):
        reaches = [one.threads[axis] * (1 if axis else one.vectors) for one in found]
        least = min(reaches)
        found = [one for one, reach in zip(found, reaches, strict=True) if reach < 2 * size or reach == least]
    return found


def _shader(shape: Depthwise, choice: Choice) -> Shader:
    (across, down), columns = choice.threads, choice.vectors
    rows_out, columns_out = shape.out
    (row_stride, stride), (row_gap, gap) = shape.stride, shape.dilation
    top, left = shape.pads[:2]
    taps = [(column, tap, column * stride + tap * gap) for column in range(columns) for tap in _along(shape)]
    reads = sorted({place for _, _, place in taps})
    names = ["image", "filters", *(["bias"] if shape.bias else []), "result"]
    begin = f"bias[plane % {shape.channels}u]" if shape.bias else "0.0"
    lines = [f"  var sum_{column} = {begin};" for column in range(columns)]
    lines += [
        f"  for (var row_tap = 0u; row_tap < {shape.kernel[0]}u; row_tap += 1u) {{",
        f"    let y = first_y + i32(row_tap * {row_gap}u);",
        f"    let weights = (plane % {shape.channels}u) * {shape.taps}u + row_tap * {shape.kernel[1]}u;",
        *(f"    let seen_{place} = pixel(plane, y, first_x + {place});" for place in reads),
        *(f"    let weight_{tap} = filters[weights + {tap}u];" for tap in _along(shape)),
        *(f"    sum_{column} += seen_{place} * weight_{tap};" for column, tap, place in taps),
        "  }",
        f"  let begin = (plane * {rows_out}u + row) * {columns_out}u + column;",
        *(
            f"  if (column + {one}u < {columns_out}u) {{ result[begin + {one}u] = activated(sum_{one}); }}"
            for one in range(columns)
        ),
    ]
    body = "\n".join(lines)
    code = f"""{bound([(name, False) for name in names])}
alias T = f32;
{activated(shape.activation)}
fn pixel(plane: u32, y: i32, x: i32) -> f32 {{
  if (y < 0 || y >= {shape.height} || x < 0 || x >= {shape.width}) {{ return 0.0; }}
  return image[(plane * {shape.height}u + u32(y)) * {shape.width}u + u32(x)];
}}
@compute @workgroup_size({across}, {down})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {{
  let plane = group.z;
  let row = group.y * {down}u + local.y;
  let column = (group.x * {across}u + local.x) * {columns}u;
  if (row >= {rows_out}u || column >= {columns_out}u) {{ return; }}
  let first_y = i32(row * {row_stride}u) - {top};
  let first_x = i32(column * {stride}u) - {left};
{body}
}}
"""
    return Shader(
        code=code,
        workgroup=choice.threads,
        grid=(
            covering(columns_out, across * columns),
            covering(rows_out, down),
            shape.batch * shape.channels,
        ),
    )


def _along(shape: Depthwise) -> range:
    """Taps of a row."""
    return range(shape.kernel[1])


FAMILY = Family(
    kind=Depthwise,
    choices=_choices,
    shader=_shader,
    buffers=buffers,
    reference=reference,
    words=lambda shape: f"depthwise {words(shape)}",
)
