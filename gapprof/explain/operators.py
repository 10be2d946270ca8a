"""The operators' table: rows that sum to what the model takes, on both sides, without rescaling."""

import math

from gapprof.facts.case import Case
from gapprof.facts.cells import complete_rounds
from gapprof.facts.kernel_excess import excess_by_node
from gapprof.facts.light import Floor, light
from gapprof.facts.operators import Node, join
from gapprof.facts.profiles import NATIVE, WEB, RungProfile, profile_of
from gapprof.facts.readings import logs
from gapprof.facts.split import NodeSplit, split
from gapprof.records.report import OperatorRow
from gapprof.stats.contrast import mean
from gapprof.stats.lmdi import log_mean

OVERHEAD = "overhead"
"""`op_type` of the rows that are no nodes."""
_UNKNOWN = "what this browser could do at best was not measured (--twins measures it)"
_NO_NODE = "it is no node, and has no floor"
_NO_CENSUS = "it is no node of the common graph"
WEIGHTING = "weighting"


def operator_rows(case: Case) -> tuple[OperatorRow, ...]:
    """Nodes by what they add to the gap, then marshalling, dispatch, and `weighting`, which closes both.

    Empty until both sides were profiled. A node's ms is the median over profiled passes of its mean in their
    middle runs, without the profiler's own part and at the share at which kernels fit into an unprofiled run;
    `weighting` is what all of them differ by from the unprofiled figures of native-extended and web-worker.
    """
    joined, native, web = case.get(join), profile_of(case, NATIVE), profile_of(case, WEB)
    totals = _model_ms(case, NATIVE), _model_ms(case, WEB)
    if joined is None or native is None or web is None or totals[0] is None or totals[1] is None:
        return ()
    native_ms, web_ms = totals[0], totals[1]
    excess = case.get(excess_by_node)
    parts = case.get(split)
    split_nodes = {node.name: node for node in parts.nodes} if parts else {}
    best = case.get(light)
    dtypes = {row.name: row.output_dtypes[0] for row in case.recording.begin.model.nodes if row.output_dtypes}
    nodes = sorted(joined.nodes, key=lambda node: (node.native_ms - node.web_ms, node.name))
    rows = [
        _row(
            node.name,
            node.op_type,
            node.native_ms,
            node.web_ms,
            web_ms,
            _node_causes(node, excess.get(node.name), split_nodes.get(node.name)),
            best.floors.get(node.name) if best else None,
            why=best.why_no_floor.get(node.name, _NO_CENSUS) if best else _UNKNOWN,
            dtype=dtypes.get(node.name, ""),
        )
        for node in nodes
    ]
    rows += _overhead_rows(native, web, web_ms)
    closing_native = native_ms - math.fsum(row.native_ms for row in rows)
    closing_web = web_ms - math.fsum(row.web_ms for row in rows)
    causes = {"residual": closing_web - closing_native}
    return (*rows, _row(WEIGHTING, OVERHEAD, closing_native, closing_web, web_ms, causes))


def _overhead_rows(native: RungProfile, web: RungProfile, web_ms: float) -> list[OperatorRow]:
    pairs = {
        "marshalling": (native.marshalling_ms, web.marshalling_ms),
        "dispatch": (native.dispatch_ms, web.dispatch_ms),
    }
    return [
        _row(name, OVERHEAD, here, there, web_ms, {"runtime": there - here})
        for name, (here, there) in pairs.items()
        if here is not None and there is not None
    ]


def _node_causes(node: Node, excess_ms: float | None, twins: NodeSplit | None) -> dict[str, float]:
    """The node's own LMDI: its log-mean weight times ln of each step, so that causes sum to web - native."""
    if not node.shared:
        return {"library": node.web_ms - node.native_ms}
    if node.native_ms <= 0 or node.web_ms <= 0 or node.capped_ms is None or node.capped_ms <= 0:
        return {"residual": node.web_ms - node.native_ms}
    weight = log_mean(node.web_ms, node.native_ms)
    simd = weight * math.log(node.capped_ms / node.native_ms)
    rest = weight * math.log(node.web_ms / node.capped_ms)
    causes = {"simd": simd, "residual": rest}
    if twins is not None:
        encoding = weight * math.log(twins.ratio(twins.encoded_ms))
        engine = weight * math.log(twins.ratio(twins.engine_ms)) - encoding
        causes = {"simd": simd + encoding, "runtime": engine, "library": rest - encoding - engine}
    if not excess_ms:
        return causes
    moved = weight * math.log(node.capped_ms / (node.capped_ms - excess_ms))
    return {**causes, "simd": causes["simd"] - moved, "library": causes.get("library", 0.0) + moved}


def _row(
    name: str,
    op_type: str,
    native_ms: float,
    web_ms: float,
    model_web_ms: float,
    causes: dict[str, float],
    floor: Floor | None = None,
    *,
    why: str = _NO_NODE,
    dtype: str = "",
) -> OperatorRow:
    positive = native_ms > 0 and web_ms > 0
    missing = [*([] if floor else [why]), *([] if positive else ["one side spends no time here"])]
    return OperatorRow(
        name=name,
        op_type=op_type,
        native_ms=native_ms,
        web_ms=web_ms,
        ratio=web_ms / native_ms if positive else None,
        share_of_web=web_ms / model_web_ms,
        causes=causes,
        bound=floor.bound if floor else None,
        speed_of_light_ms=floor.ms if floor else None,
        why="; ".join(missing),
        dtype=dtype,
    )


def _model_ms(case: Case, rung: str) -> float | None:
    """Geometric mean over complete rounds, else over the rounds that the rung has."""
    by_round = case.get(logs).get(rung, {})
    rounds = [n for n in case.get(complete_rounds) if n in by_round] or list(by_round)
    return math.exp(mean([by_round[n] for n in rounds])) if rounds else None
