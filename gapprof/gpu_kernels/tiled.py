"""Products of matrices tile by tile: a workgroup's of both operands in its memory, a thread's in registers.

Whatever an operand is, it is read by fours: of the left one along the depth, of the right one along columns.
How that is done is text that the caller brings; what lies outside has to be read as 0. So a convolution is a
product whose right operand is gathered from the image.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gapprof.gpu_kernels.family import F32, FOUR, Choice, Shader, covering
from gapprof.gpu_kernels.functions import activated
from gapprof.kernels.functions import Activation

_REGISTERS = 128
"""That a thread may count on for its tile: a row, a column and all their sums (nnJIT's lite rule)."""
_SQUARE = (
    ((8, 8), 4, 1),
    ((16, 16), 4, 1),
    ((16, 8), 8, 2),
    ((16, 16), 8, 2),
)
"""Threads, rows and vectors of a thread: as nnJIT has it, as many rows as columns."""
_FLAT = (((64, 1), 1, 1), ((32, 1), 1, 1), ((32, 1), 4, 1), ((16, 4), 2, 1), ((16, 4), 4, 1))
"""For results of few rows, ..."""
_FEW = 32
"""... less than the smallest square one has."""
_BLOCKS = ((16, 1), (32, 1), (16, 4))
_FLAT_BLOCKS = ((16, 1), (8, 1), (16, 4), (32, 1))
"""Depth, and steps of four in one turn; unrolled ones are for small tiles, or their code grows long."""
_LANES = "xyzw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """[rows, depth] times [depth, columns], `batches` times over, by texts of WGSL."""

    rows: int
    depth: int
    columns: int
    batches: int
    declarations: str
    read_left: str
    """The body of `fn read_left(batch: u32, row: u32, four: u32) -> vec4f`."""
    read_right: str
    """The body of `fn read_right(batch: u32, step: u32, four: u32) -> vec4f`."""
    put: str
    """The body of `fn put(batch: u32, row: u32, four: u32, sums: vec4f)`."""
    activation: Activation | None


def choices(rows: int, columns: int, *, can_be_wide: bool) -> list[Choice]:
    """About ten: tiles of nnJIT's lite rules that are not twice the result, with small blocks and larger."""
    shapes, blocks = (_FLAT, _FLAT_BLOCKS) if rows < _FEW else (_SQUARE, _BLOCKS)
    tiles = [one for one in shapes if _registers(one[1], one[2]) <= _REGISTERS]
    tiles = _not_twice(tiles, rows, lambda one: one[0][1] * one[1])
    tiles = _not_twice(tiles, columns, lambda one: one[0][0] * one[2] * FOUR)
    found = [
        Choice(threads=threads, rows=of_rows, vectors=vectors, depth=depth, unroll=unroll, wide=can_be_wide)
        for depth, unroll in blocks
        for threads, of_rows, vectors in tiles
        if unroll == 1 or of_rows * vectors <= FOUR
    ]
    if not can_be_wide:
        return found
    narrow = Choice(threads=tiles[0][0], rows=tiles[0][1], vectors=tiles[0][2], depth=16)
    return [*found[:4], narrow, *found[4:]]


def tiled(product: Product, choice: Choice) -> Shader:
    """The shader of one product."""
    (across, down), of_rows, vectors = choice.threads, choice.rows, choice.vectors
    rows, fours, steps = down * of_rows, across * vectors, choice.depth // FOUR
    code = f"""{product.declarations}
alias T = vec4f;
{activated(product.activation)}
var<workgroup> lefts: array<vec4f, {rows * steps}>;
var<workgroup> rights: array<vec4f, {choice.depth * fours}>;
fn read_left(batch: u32, row: u32, four: u32) -> vec4f {{
{product.read_left}
}}
fn read_right(batch: u32, step: u32, four: u32) -> vec4f {{
{product.read_right}
}}
fn put(batch: u32, row: u32, four: u32, sums: vec4f) {{
{product.put}
}}
@compute @workgroup_size({across}, {down})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) at: u32,
) {{
  let first_row = group.y * {rows}u;
  let first_four = group.x * {fours}u;
{_each(of_rows, vectors, lambda r, c: f"  var sum_{r}_{c} = vec4f();")}
  for (var block = 0u; block < {covering(product.depth, choice.depth)}u; block += 1u) {{
    for (var i = at; i < {rows * steps}u; i += {choice.workgroup}u) {{
      lefts[i] = read_left(group.z, first_row + i / {steps}u, block * {steps}u + i % {steps}u);
    }}
    for (var i = at; i < {choice.depth * fours}u; i += {choice.workgroup}u) {{
      rights[i] = read_right(group.z, block * {choice.depth}u + i / {fours}u, first_four + i % {fours}u);
    }}
    workgroupBarrier();
    for (var step = 0u; step < {steps}u; step += {choice.unroll}u) {{
{"".join(_step(choice, number) for number in range(choice.unroll))}    }}
    workgroupBarrier();
  }}
{_each(of_rows, vectors, lambda r, c: _written(choice, r, c))}
}}
"""
    return Shader(
        code=code,
        workgroup=choice.threads,
        grid=(
            covering(covering(product.columns, FOUR), fours),
            covering(product.rows, rows),
            product.batches,
        ),
        shared_bytes=FOUR * F32 * (rows * steps + choice.depth * fours),
    )


def gathered(name: str, first: str, end: int, index: Callable[[str], str]) -> str:
    """A body that reads four elements, from the one numbered `first` on, as far as there are any."""
    lines = ["  var found = vec4f();"]
    for at, lane in enumerate(_LANES):
        number = f"({first} + {at}u)"
        lines.append(f"  if ({number} < {end}u) {{ found.{lane} = {name}[{index(number)}]; }}")
    return "\n".join([*lines, "  return found;"])


def scattered(name: str, first: str, end: int, index: Callable[[str], str]) -> str:
    """Statements that write the four elements of `value`, as far as there is room for them."""
    return "\n".join(
        f"  if ({first} + {at}u < {end}u) {{ {name}[{index(f'({first} + {at}u)')}] = value.{lane}; }}"
        for at, lane in enumerate(_LANES)
    )


def _step(choice: Choice, number: int) -> str:
    """Four elements of the depth, one after the other, for all sums of a thread."""
    (across, _), steps = choice.threads, choice.depth // FOUR
    fours = across * choice.vectors
    at = f"step + {number}u" if number else "step"
    lines = ["      {"]
    lines += [
        f"        let a_{row} = lefts[(local.y * {choice.rows}u + {row}u) * {steps}u + {at}];"
        for row in range(choice.rows)
    ]
    for place, lane in enumerate(_LANES):
        lines.append("        {")
        for vector in range(choice.vectors):
            where = f"(({at}) * 4u + {place}u) * {fours}u + local.x + {vector * across}u"
            lines.append(f"          let b_{vector} = rights[{where}];")
        for row in range(choice.rows):
            lines += [
                f"          sum_{row}_{vector} += a_{row}.{lane} * b_{vector};"
                for vector in range(choice.vectors)
            ]
        lines.append("        }")
    return "\n".join([*lines, "      }", ""])


def _written(choice: Choice, row: int, vector: int) -> str:
    place = f"first_row + local.y * {choice.rows}u + {row}u"
    four = f"first_four + local.x + {vector * choice.threads[0]}u"
    return f"  put(group.z, {place}, {four}, sum_{row}_{vector});"


def _each(rows: int, vectors: int, line: Callable[[int, int], str]) -> str:
    return "\n".join(line(row, vector) for row in range(rows) for vector in range(vectors))


_Tile = tuple[tuple[int, int], int, int]


def _not_twice(tiles: Sequence[_Tile], size: int, reach: Callable[[_Tile], int]) -> list[_Tile]:
    """Those that are less than twice as large as the result; where all are, the smallest."""
    least = min(map(reach, tiles))
    return [one for one in tiles if reach(one) < 2 * size or reach(one) == least]


def _registers(rows: int, vectors: int) -> int:
    columns = vectors * FOUR
    return rows + columns + rows * columns
