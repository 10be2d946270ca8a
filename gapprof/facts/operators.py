"""Both sides' profiles joined by node name."""

from dataclasses import dataclass

from gapprof.facts.case import Case
from gapprof.facts.profiles import CAPPED, NATIVE, WEB, profile_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One node on both sides; 0 where that side does not have it. `capped_ms` None: not profiled there."""

    name: str
    op_type: str
    native_ms: float
    web_ms: float
    capped_ms: float | None
    shared: bool
    """Whether both sides have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """All nodes of either side, and how much of either side's time found its counterpart."""

    nodes: tuple[Node, ...]
    share: float
    """Nodes with a counterpart over all nodes."""


def join(case: Case) -> Join | None:
    """None until both sides were profiled, and where neither has a node."""
    native, web, capped = (profile_of(case, rung) for rung in (NATIVE, WEB, CAPPED))
    if native is None or web is None:
        return None
    names = dict.fromkeys((*native.nodes, *web.nodes))
    if not names:
        return None
    nodes = []
    for name in names:
        here, there = native.nodes.get(name), web.nodes.get(name)
        narrow = capped.nodes.get(name) if capped else None
        known = here or there
        nodes.append(
            Node(
                name=name,
                op_type=known.op_type if known else "",
                native_ms=here.ms if here else 0.0,
                web_ms=there.ms if there else 0.0,
                capped_ms=narrow.ms if narrow else None,
                shared=here is not None and there is not None,
            )
        )
    shared = native.nodes.keys() & web.nodes.keys()
    return Join(nodes=tuple(nodes), share=len(shared) / len(names))
