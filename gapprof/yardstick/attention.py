"""Attention as loop nests one after the other, for twins and for programs alike. Pure.

Heads are laid side by side, keys are turned, and scores and shares are whole matrices in memory: what
onnxruntime's kernels do on short sequences. Where theirs go block by block, so that scores never leave the
cache, a twin is no lower bound. The scale is not timed: a product of matrices has it for nothing. A mask is
added as one row of f32, whatever its form; making it is not timed either.
"""

import math
from collections.abc import Callable, Iterator, Mapping

from gapprof.kernels.families.combined import Combined
from gapprof.kernels.families.gemm import Gemm
from gapprof.kernels.families.rotated import Rotated
from gapprof.kernels.families.softmax import Softmax
from gapprof.kernels.families.transposed import Transposed
from gapprof.yardstick.heads import Heads, Part, Slot, Step, heads_first, turned_keys
from gapprof.yardstick.moves import moved, steps_of
from gapprof.yardstick.node import Node, NoTwinError, Shape

OUTPUT, PRESENT_KEY, PRESENT_VALUE = -1, -2, -3
SCALE, CAUSAL, MASK = "scale", "causal", "mask"
"""What a program has to make: one number, [queries, keys], and [keys]."""
SCORES = "scores"


def multi_head(node: Node) -> list[Step]:
    """com.microsoft.MultiHeadAttention with queries, keys and values apart. Raises NoTwinError."""
    query = node.input(0)
    heads, key, value = int(node.attribute("num_heads", 1)), node.input(1), node.input(2)
    if len(query) != 3 or len(key) != 3 or len(value) != 3:
        raise NoTwinError("its operands lie together, or head by head")
    batch, _, width = query
    steps: list[Step] = []
    given = {}
    for number, shape, before in ((0, query, 0), (1, key, width), (2, value, 2 * width)):
        slot: Slot = number
        if node.has(3):
            slot = f"biased {number}"
            biased = Combined(rows=math.prod(shape[:-1]), columns=shape[-1], op="add", right="row")
            reads = (Part(slot=number), Part(slot=3, first=before))
            steps.append(Step(shape=biased, reads=reads, writes=slot))
        given[number] = Heads(
            part=Part(slot=slot),
            batch=batch,
            rows=shape[1],
            heads=heads,
            width=shape[2] // heads,
            step=shape[2],
        )
    bias = Part(slot=5) if node.has(5) else None
    past = (6, 7) if node.has(6) else None
    return [*steps, *_attended(node, given[0], given[1], given[2], past, mask=node.has(4), bias=bias)]


def projected(node: Node) -> list[Step]:
    """com.microsoft.Attention: queries, keys and values are one product first. Raises NoTwinError."""
    batch, rows, depth = node.input(0)
    columns, heads = node.input(1)[1], int(node.attribute("num_heads", 1))
    if node.has(4) or len(node.outputs) > 1:
        raise NoTwinError("it keeps keys and values")
    if node.attribute("do_rotary", 0):
        raise NoTwinError("it turns its heads")
    if not node.constant[1]:
        raise NoTwinError("its matrix is no weight")
    sizes = [int(one) for one in node.attribute("qkv_hidden_sizes", [columns // 3] * 3)]
    product = Gemm(rows=batch * rows, depth=depth, columns=columns, bias="column" if node.has(2) else "")
    reads = (Part(slot=0), Part(slot=1), *((Part(slot=2),) if node.has(2) else ()))
    query, key, value = (
        Heads(
            part=Part(slot="product", first=sum(sizes[:number])),
            batch=batch,
            rows=rows,
            heads=heads,
            width=size // heads,
            step=columns,
        )
        for number, size in enumerate(sizes)
    )
    bias = Part(slot=5) if node.has(5) else None
    return [
        Step(shape=product, reads=reads, writes="product"),
        *_attended(node, query, key, value, None, mask=node.has(3), bias=bias),
    ]


def grouped(node: Node) -> list[Step]:
    """com.microsoft.GroupQueryAttention. Raises NoTwinError.

    How many keys there are is told by a tensor: a twin takes as many as the cache that comes out holds.
    """
    batch, rows, width = node.input(0)
    heads, shared = int(node.attribute("num_heads", 1)), int(node.attribute("kv_num_heads", 1))
    asked = ("softcap", "smooth_softmax", "sliding_window_cache", "k_quant_type", "v_quant_type")
    usual = node.attribute("local_window_size", -1) == -1
    if not usual or any(node.attribute(one, 0) not in (0, "NONE") for one in asked):
        raise NoTwinError("its scores are limited, or its cache is quantised")
    if any(node.has(number) for number in range(11, 16)):
        raise NoTwinError("it has sinks, scales or norms of its own")
    if len(node.outputs) < 3 or node.has(1) is not node.has(2):
        raise NoTwinError("it keeps no keys and values")
    each = width // heads if node.has(1) else width // (heads + 2 * shared)
    wide = width if node.has(1) else (heads + 2 * shared) * each
    firsts = (0, 0, 0) if node.has(1) else (0, heads * each, (heads + shared) * each)
    query, key, value = (
        Heads(
            part=Part(slot=number if node.has(1) else 0, first=first),
            batch=batch,
            rows=rows,
            heads=count,
            width=each,
            step=wide if number == 0 or not node.has(1) else count * each,
        )
        for number, (first, count) in enumerate(zip(firsts, (heads, shared, shared), strict=True))
    )
    steps: list[Step] = []
    if node.attribute("do_rotary", 0):
        if node.attribute("rotary_interleaved", 0) or node.input(7)[-1] * 2 != each:
            raise NoTwinError("it turns neighbours, or a part of each head")
        if batch > 1:
            raise NoTwinError("it turns one batch after the other, by the same angles")
        before = node.outputs[1][2] - rows
        query = _turned(query, "turned query", before, steps)
        key = _turned(key, "turned key", before, steps)
    past = (3, 4) if node.has(3) else None
    bias = Part(slot=10) if node.has(10) else None
    return [*steps, *_attended(node, query, key, value, past, mask=False, bias=bias, causal=True)]


def _turned(heads: Heads, name: str, before: int, steps: list[Step]) -> Heads:
    """By the angle of each position, of which so many come before."""
    shape = Rotated(positions=heads.batch * heads.rows, heads=heads.heads, width=heads.width, step=heads.step)
    first = before * heads.width // 2
    tables = (Part(slot=number, first=first) for number in (7, 8))
    steps.append(Step(shape=shape, reads=(heads.part, *tables), writes=name))
    return Heads(
        part=Part(slot=name),
        batch=heads.batch,
        rows=heads.rows,
        heads=heads.heads,
        width=heads.width,
        step=heads.heads * heads.width,
    )


def _attended(
    node: Node,
    query: Heads,
    key: Heads,
    value: Heads,
    past: tuple[int, int] | None,
    *,
    mask: bool,
    bias: Part | None,
    causal: bool = False,
) -> Iterator[Step]:
    """From heads to the output: layouts, scores, shares, and what these mix."""
    batch, groups = query.batch, key.heads
    keeps = len(node.outputs) > 1
    rows, keys = query.rows, node.outputs[1][2] if keeps else key.rows
    matrices, each = batch * groups, query.heads // groups * rows
    asked = yield from heads_first(query, "queries")
    if keeps:
        kept = past or (None, None)
        yield from _appended(node, key, kept[0], PRESENT_KEY, keys)
        yield from _appended(node, value, kept[1], PRESENT_VALUE, keys)
        turned = Transposed(batch=matrices, rows=keys, columns=key.width)
        yield Step(shape=turned, reads=(Part(slot=PRESENT_KEY),), writes="keys")
        values = Part(slot=PRESENT_VALUE)
    else:
        yield from turned_keys(key)
        values = yield from heads_first(value, "values")
    scaled = Combined(rows=1, columns=math.prod(query.whole), op="mul", right="one")
    yield Step(shape=scaled, reads=(asked, Part(slot=SCALE)), writes="scaled", timed=False)
    product = Gemm(rows=each, depth=key.width, columns=keys, batch=matrices, packed=False)
    yield Step(shape=product, reads=(Part(slot="scaled"), Part(slot="keys")), writes=SCORES)
    scores = Part(slot=SCORES)
    all_rows = matrices * each
    if bias is not None:
        shape = _added(node.input(int(bias.slot)), (batch, query.heads, rows, keys))
        yield Step(shape=shape, reads=(scores, bias), writes="with bias")
        scores = Part(slot="with bias")
    if mask:
        shape = Combined(rows=all_rows, columns=keys, op="add", right="row")
        yield Step(shape=shape, reads=(scores, Part(slot=MASK)), writes="masked")
        scores = Part(slot="masked")
    if (causal or node.attribute("unidirectional", 0)) and rows > 1:
        shape = Combined(rows=all_rows // rows, columns=rows * keys, op="add", right="row")
        yield Step(shape=shape, reads=(scores, Part(slot=CAUSAL)), writes="of the past")
        scores = Part(slot="of the past")
    yield Step(shape=Softmax(rows=all_rows, columns=keys), reads=(scores,), writes="shares")
    mixed = Gemm(rows=each, depth=keys, columns=value.width, batch=matrices, packed=False)
    whole = (batch, query.heads, rows, value.width)
    ends = rows == 1 or query.heads == 1
    yield Step(shape=mixed, reads=(Part(slot="shares"), values), writes=OUTPUT if ends else "mixed")
    if not ends:
        result = (batch, rows, query.heads, value.width)
        to = steps_of(result)
        back = moved(whole, steps_of(whole), [to[0], to[2], to[1], to[3]], math.prod(whole))
        yield Step(shape=back, reads=(Part(slot="mixed"),), writes=OUTPUT)


def _appended(node: Node, new: Heads, past: int | None, present: int, keys: int) -> Iterator[Step]:
    """What is kept: the old ones, and the new ones behind them."""
    whole = (new.batch, new.heads, keys, new.width)
    to, old = steps_of(whole), keys - new.rows
    if past is not None and old and node.input(past)[2] == old:
        before = (new.batch, new.heads, old, new.width)
        shape = moved(before, steps_of(before), to, math.prod(before), whole)
        yield Step(shape=shape, reads=(Part(slot=past),), writes=present)
    shape = moved(new.whole, new.steps, to, new.count, whole, old * new.width)
    yield Step(shape=shape, reads=(new.part,), writes=present)


def _added(bias: Shape, scores: Shape) -> Combined:
    """Of every head and batch, or the same for all of them. Raises NoTwinError."""
    if bias == scores:
        return Combined(rows=1, columns=math.prod(scores), op="add", right="all")
    if math.prod(bias[:-2]) == 1 and bias[-2:] == scores[-2:]:
        return Combined(rows=scores[0] * scores[1], columns=scores[2] * scores[3], op="add", right="row")
    raise NoTwinError("what it adds to its scores is broadcast over axes in between")


ATTENTION: Mapping[str, Callable[[Node], list[Step]]] = {
    "Attention": projected,
    "MultiHeadAttention": multi_head,
    "GroupQueryAttention": grouped,
}
"""By the name of the operator."""
