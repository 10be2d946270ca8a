"""What narrower vectors cost, told a second way: by loops of ours at full width and at 128 bits.

The cap ladder holds onnxruntime to 128 bits; its kernels of the two widths need not be the same loop, and at
128 bits they are SSE-encoded. Twins are AVX-encoded at both, each in the loop that suits its width, weighted
by what onnxruntime's kernels take at full width; in recordings whose native twins had the schedules of the
browser they are one loop. Where the two ways agree, what is left of the width is no matter of kernels.
"""

import math
from dataclasses import dataclass

from gapprof.facts.case import Case
from gapprof.facts.profiles import NATIVE, profile_of
from gapprof.facts.split import split
from gapprof.facts.twins import AVX_AS_SSE, ENGINE, WIDEST, twins
from gapprof.stats.contrast import Contrast


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoWays:
    """ln of how many times slower 128 bits are, by round, over the nodes that both ways have."""

    capped: Contrast
    """onnxruntime's kernels, less the encoding."""
    twins: Contrast
    widest: str
    """The target of the widest twins."""
    share: float
    """Of the time of onnxruntime's kernels at full width."""


def two_ways(case: Case) -> TwoWays | None:
    """None where either way is missing, or fewer than two rounds have both."""
    found, parts, native = case.get(twins), case.get(split), profile_of(case, NATIVE)
    if found is None or parts is None or native is None:
        return None
    widest = next((target for target in WIDEST if target in found.ms), None)
    of_128 = (AVX_AS_SSE, *(native for _, native in ENGINE))
    narrow = next((target for target in of_128 if target in found.ms), None)
    if widest is None or narrow is None:
        return None
    rounds = found.shared_rounds((widest, narrow), native.run_by_pass_ms, dict.fromkeys(parts.rounds, 0.0))
    nodes = {node.name: node for node in found.nodes}
    full, held, loops = (dict.fromkeys(rounds, 0.0) for _ in range(3))
    for part in parts.nodes:
        here = native.nodes[part.name].by_pass_ms if part.name in native.nodes else {}
        columns = (
            here,
            *(found.node_undisturbed_ms(nodes[part.name], target) for target in (narrow, widest)),
        )
        if any(column.get(number, 0.0) <= 0 for column in columns for number in rounds):
            continue
        encoded_ms = dict(zip(parts.rounds, part.encoded_ms, strict=True))
        for number in rounds:
            ms, at_128, at_full = (column[number] for column in columns)
            full[number] += ms
            held[number] += encoded_ms[number]
            loops[number] += ms * at_128 / at_full
    if len(rounds) < 2 or not all(full.values()):
        return None
    whole = [math.fsum(node.by_pass_ms.get(n, 0.0) for node in native.nodes.values()) for n in rounds]
    return TwoWays(
        capped=Contrast({number: math.log(held[number] / full[number]) for number in rounds}),
        twins=Contrast({number: math.log(loops[number] / full[number]) for number in rounds}),
        widest=widest,
        share=math.fsum(full.values()) / math.fsum(whole),
    )
