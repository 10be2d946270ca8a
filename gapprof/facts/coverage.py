"""How much of the kernels' time in the browser has twins; which operators have none, and why. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from gapprof.facts.case import Case
from gapprof.facts.profiles import WEB, profile_of
from gapprof.facts.twins import Twins, twins
from gapprof.records.twins import TwinNode

_UNTIMED = "its twin was not timed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """Nodes of one operator without a twin, for one reason."""

    op_type: str
    why: str
    share: float
    """Of the time that all kernels take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Of the kernels that onnxruntime-web's profiler saw."""

    share: float
    """Of their time, in nodes with twins."""
    lacking: tuple[Lacking, ...]
    """The largest first."""


def coverage(case: Case) -> Coverage | None:
    """None where no twin was planned, or nobody knows what the kernels take."""
    found, web = case.get(twins), profile_of(case, WEB)
    if found is None or web is None:
        return None
    took_ms = {name: max(node.ms, 0.0) for name, node in web.nodes.items()}
    nodes = [node for node in found.nodes if node.name in took_ms]
    total_ms = sum(took_ms[node.name] for node in nodes)
    if not total_ms:
        return None
    lacking = _lacking_ms(found, nodes, took_ms)
    rows = [Lacking(op_type=op, why=why, share=ms / total_ms) for (op, why), ms in lacking.items()]
    return Coverage(
        share=1 - sum(lacking.values()) / total_ms,
        lacking=tuple(sorted(rows, key=lambda row: -row.share)),
    )


def _lacking_ms(
    found: Twins, nodes: list[TwinNode], took_ms: Mapping[str, float]
) -> dict[tuple[str, str], float]:
    """By operator and reason."""
    sums: dict[tuple[str, str], float] = {}
    for node in nodes:
        if node.parts and any(found.node_ms(node, target) for target in found.ms):
            continue
        key = node.op_type, node.why or _UNTIMED
        sums[key] = sums.get(key, 0.0) + took_ms[node.name]
    return sums
