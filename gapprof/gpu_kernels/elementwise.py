"""Element by element: each thread has some elements as far apart as a workgroup is large."""

import math
from collections.abc import Sequence

from gapprof.gpu_kernels.family import FOUR, Choice, Shader, bound, covering
from gapprof.gpu_kernels.functions import activated
from gapprof.kernels.functions import Activation

_THREADS = (64, 128, 256)
_VECTORS = (1, 2, 4)
_MOST_GROUPS = 65535
"""Along one axis, which is what WebGPU promises everywhere; more lie in a square."""


def choices(*, can_be_wide: bool) -> Sequence[Choice]:
    """By fours where the sizes let them, and once without."""
    found = [
        Choice(threads=(threads, 1), vectors=vectors, wide=can_be_wide)
        for vectors in _VECTORS
        for threads in _THREADS
    ]
    return [*found, Choice(threads=(64, 1))] if can_be_wide else found


def elementwise(
    choice: Choice,
    *,
    count: int,
    names: Sequence[tuple[str, bool]],
    value: str,
    activation: Activation | None,
) -> Shader:
    """`value`: what the function gets, an expression with the element's number `i`, in fours where wide."""
    size = count // FOUR if choice.wide else count
    threads, vectors = choice.workgroup, choice.vectors
    groups = covering(size, threads * vectors)
    across = groups if groups <= _MOST_GROUPS else math.isqrt(groups - 1) + 1
    steps = "\n".join(
        f"""  {{
    let i = (begin + {step}u) * {threads}u + at;
    if (i < {size}u) {{ result[i] = activated({value}); }}
  }}"""
        for step in range(vectors)
    )
    code = f"""{bound(names)}
alias T = {"vec4f" if choice.wide else "f32"};
{activated(activation)}
@compute @workgroup_size({threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) at: u32) {{
  let begin = (group.y * {across}u + group.x) * {vectors}u;
{steps}
}}
"""
    return Shader(code=code, workgroup=(threads, 1), grid=(across, covering(groups, across), 1))
