"""Fused attention, and what turns its heads."""

from collections.abc import Callable

from gapprof.kernels.families.rotated import Rotated
from gapprof.yardstick.attention import ATTENTION
from gapprof.yardstick.heads import Step
from gapprof.yardstick.node import Node, NoTwinError, Parts, Rule, Rules


def _timed(steps: Callable[[Node], list[Step]]) -> Rule:
    def rule(node: Node) -> Parts:
        if node.types[0] != "f32":
            raise NoTwinError("it attends to no f32")
        return [step.shape for step in steps(node) if step.timed]

    return rule


def _rotary(node: Node) -> Parts:
    """Halves of whole heads, [batch, positions, heads · width] or with the heads before the positions."""
    shape, half = node.input(0), node.input(2)[-1]
    if node.types[0] != "f32":
        raise NoTwinError("it turns no f32")
    if node.attribute("interleaved", 0) or node.attribute("is_packed_batching", 0):
        raise NoTwinError("it turns neighbours, or rows of unlike lengths")
    if node.attribute("rotary_embedding_dim", 0) not in (0, 2 * half):
        raise NoTwinError("it turns a part of each head")
    if len(shape) == 4 and shape[-1] != 2 * half:
        raise NoTwinError("it turns a part of each head")
    if len(shape) == 4:
        batch, heads, positions, width = shape
        wide, heads_inside = width, batch * heads == 1
    else:
        (batch, positions, wide), width = shape, 2 * half
        heads_inside = batch == 1
    if not heads_inside:
        raise NoTwinError("it turns one head or batch after the other, by the same angles")
    return [Rotated(positions=positions, heads=wide // width, width=width, step=wide)]


RULES = Rules(
    id="attention",
    by_operator={
        **{("com.microsoft", op): _timed(steps) for op, steps in ATTENTION.items()},
        ("com.microsoft", "RotaryEmbedding"): _rotary,
    },
    floats=False,
)
