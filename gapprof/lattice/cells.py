"""From a cell to the setting of its visits, or to the reason why there can be none. Pure."""

from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec.structs import replace

from gapprof.records.backend import Backend
from gapprof.records.environment import Setting, is_url
from gapprof.records.lattice import Cell, PlannedCell
from gapprof.records.recording import PlannedRung

Bases = Mapping[Literal["native", "web"], PlannedRung]
"""The rungs that cells depart from: native as it comes, the page as deployed."""


def setting_of(cell: Cell, bases: Bases) -> Setting:
    """What a backend is asked for. Raises ValueError where the side's rung was never resolved."""
    base = bases[cell.side].setting
    if base is None:
        raise ValueError(f"{bases[cell.side].rung.id} has no setting")
    if cell.side == "native":
        return replace(base, threads=cell.threads, spinning=cell.spinning)
    return replace(
        base,
        threads=cell.threads,
        where=cell.where,
        isolated=cell.isolated is True,
        spinning=cell.spinning,
        build=cell.build,
        page=cell.page or base.page,
        js_flags=(*base.js_flags, *cell.js_flags),
        requests_from=base.requests_from if cell.where == base.where else "page",
        debugger=cell.debugger,
    )


def obtainable(setting: Setting) -> Setting:
    """What a visit can give: one thread, whatever is asked for, on a page that is not isolated."""
    if setting.backend == "native" or setting.isolated:
        return setting
    return replace(setting, threads=1)


def planned(cells: Iterable[Cell], bases: Bases, backends: Mapping[str, Backend]) -> tuple[PlannedCell, ...]:
    """Each cell once, in order, with its refusal."""
    return tuple(
        PlannedCell(cell=cell, refusal=refusal_of(cell, bases, backends)) for cell in dict.fromkeys(cells)
    )


def refusal_of(cell: Cell, bases: Bases, backends: Mapping[str, Backend]) -> str:
    """Why a cell cannot be visited; empty: it can."""
    base = bases[cell.side]
    if base.refusal or base.setting is None:
        return base.refusal or f"{base.rung.id} has no setting"
    setting = setting_of(cell, bases)
    if is_url(setting.page) and setting.isolated != base.setting.isolated:
        return "gapprof does not serve that page, so it cannot add COOP and COEP to it, nor take them away"
    backend = backends.get(setting.backend)
    if backend is None:
        return f"no backend can realise {setting.backend!r}"
    return backend.refuse(setting) or ""
