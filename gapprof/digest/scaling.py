"""Threads, places and isolation: the rows and sentences that every format shows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gapprof.records.estimate import Estimate
from gapprof.records.sections.scaling import CellEffect, CellRow, Recommendation, Scaling
from gapprof.text import numbers

HEADING = "Threads"
COLUMNS = ("native", "speed-up, efficiency", "browser", "speed-up, efficiency")
_NEAR = 1.1
_PLACES = {
    "process": "natively",
    "main": "on the main thread",
    "worker": "in a worker",
    "proxy": "behind env.wasm.proxy",
}
_SIDES = {"native": "natively", "web": "in the browser"}


@dataclass(frozen=True, slots=True)
class CurveRow:
    """A number of threads on both sides; cells as `COLUMNS` say."""

    threads: str
    cells: tuple[str, str, str, str]


def curve_rows(found: Scaling) -> tuple[CurveRow, ...]:
    """One thread, then more; a side that has no such cell stays empty."""
    native = {row.threads: row for row in found.cells if row.side == "native" and row.spinning == "default"}
    web = {row.threads: row for row in _web_curve(found)}
    return tuple(
        CurveRow(_numbered(found, threads), (*_figures(native.get(threads)), *_figures(web.get(threads))))
        for threads in sorted(native.keys() | web.keys())
    )


def scaling_sentences(found: Scaling) -> Iterator[str]:
    """What is recommended, the page as it is, and what each change does to it."""
    deployed = _cell(found, found.deployed)
    yield _recommended(found, deployed)
    yield from _disturbed(found)
    if deployed.ms is not None:
        takes = numbers.ms_with_interval(deployed.ms)
        yield f"As deployed, with {_described(deployed)}, a request takes {takes}."
    yield from _places(found, deployed)
    yield from _isolation(found)
    yield from _spinning(found)
    yield from _oversubscribed(found)
    yield from _missing(found)


def _web_curve(found: Scaling) -> Iterator[CellRow]:
    deployed = _cell(found, found.deployed)
    for row in found.cells:
        if (row.side, row.isolated, row.spinning) == ("web", True, "default") and (row.where, row.build) == (
            deployed.where,
            deployed.build,
        ):
            yield row


def _cell(found: Scaling, name: str) -> CellRow:
    return next(row for row in found.cells if row.id == name)


def _numbered(found: Scaling, threads: int) -> str:
    deployed = _cell(found, found.deployed)
    words = {found.cores: "every core", 2 * found.cores: "two a core"}
    said = [words[threads]] if threads in words else []
    if deployed.isolated and threads == deployed.threads:
        said.append("as deployed")
    return ", ".join([str(threads), *said])


def _figures(row: CellRow | None) -> tuple[str, str]:
    if row is None or row.ms is None:
        return "", ""
    if row.speed_up is None or row.efficiency is None or row.threads == 1:
        return numbers.ms(row.ms.point), ""
    efficiency = numbers.whole_percent(row.efficiency.point)
    return numbers.ms(row.ms.point), f"{numbers.factor_with_interval(row.speed_up)}, {efficiency}"


def _described(row: CellRow) -> str:
    threads = numbers.many(row.threads, "thread")
    if row.isolated is False and row.threads > 1:
        threads = f"{row.threads} threads asked for and {row.obtained_threads or 1} obtained"
    return f"{threads} {_PLACES[row.where]}{'' if row.isolated is not False else ', not isolated'}"


def _effects(found: Scaling, name: str, side: str = "") -> list[CellEffect]:
    """Measured ones; of both sides where none is named."""
    return [
        one for one in found.effects if one.id == name and one.factor is not None and side in ("", one.side)
    ]


def _times(effect: CellEffect) -> str:
    factor = "" if effect.factor is None else numbers.factor_with_interval(effect.factor)
    return f"{factor} (unclear)" if effect.verdict == "unclear" else factor


def _places(found: Scaling, deployed: CellRow) -> Iterator[str]:
    named = {"worker": "in a worker", "proxy": "behind env.wasm.proxy (the library's own worker)"}
    told = [f"{_times(one)} {named[name]}" for name in named for one in _effects(found, name)]
    if told:
        yield (
            f"Against the main thread, with {numbers.many(deployed.threads, 'thread')}, a request takes "
            f"{' and '.join(told)}. Either leaves the main thread to the page; what that is worth, --qoe "
            "measures."
        )


def _isolation(found: Scaling) -> Iterator[str]:
    for one in _effects(found, "no-isolation"):
        without, isolated = _cell(found, one.cell), _cell(found, one.other)
        obtained = without.obtained_threads or 1
        asked = isolated.threads
        got = f"{asked} threads asked for are {obtained}" if asked != obtained else "the threads are the same"
        yield f"Without COOP and COEP {got}: {_times(one)} the time that it takes with them."


def _spinning(found: Scaling) -> Iterator[str]:
    told = [side for side in _SIDES if _effects(found, "spinning", side)]
    if told:
        yield (
            f"Threads that spin while they wait, against {numbers.many(found.cores, 'thread')} that do not "
            f"(session.intra_op.allow_spinning): {'; '.join(_spun(found, side) for side in told)}."
        )


def _spun(found: Scaling, side: str) -> str:
    effects = _effects(found, "spinning", side)
    named = {"latency": "the time", "cpu": "the CPU time of a run"}
    nothing = all(one.verdict == "unclear" and _near_one(one.factor) for one in effects)
    return (
        f"{_SIDES[side]} {' and '.join(f'{_times(one)} {named[one.figure]}' for one in effects)}"
        f"{', so that the option changes nothing that could be seen' if nothing else ''}"
    )


def _near_one(factor: Estimate | None) -> bool:
    """A wide interval is no sign that nothing changes."""
    return factor is not None and factor.rounds > 1 and 1 / _NEAR <= factor.low <= factor.high <= _NEAR


def _oversubscribed(found: Scaling) -> Iterator[str]:
    told = [f"{_SIDES[one.side]} {_times(one)}" for one in _effects(found, "oversubscription")]
    if told:
        yield f"Two threads for each core, against one for each: {', '.join(told)} the time."


def _recommended(found: Scaling, deployed: CellRow) -> str:
    best = found.recommendation
    if best is None:
        return (
            f"Nothing to recommend: no other number of threads up to {found.cores}, no other place and no "
            "change of isolation is faster than the page as deployed beyond doubt."
        )
    chosen, as_it_is = _described(_cell(found, best.cell)), _described(deployed)
    promised = numbers.factor_with_interval(best.explored_gain)
    if best.now_ms is None or best.measured_ms is None or best.gain is None:
        return f"Perhaps {chosen} ({promised} as fast as {as_it_is}), but nothing verifies it: {best.why}."
    step = f"{numbers.bare_ms(best.now_ms.point)} → {numbers.ms(best.measured_ms.point)}"
    gain = numbers.factor_with_interval(best.gain)
    again = f"{found.verifying_rounds} further rounds of these two"
    if best.gain.low <= 1:
        return (
            f"Nothing to recommend: {chosen} looked {promised} as fast as the page as deployed, and was not "
            f"in {again}: {step}, {gain}."
        )
    return (
        f"Recommended: {chosen}, in place of {as_it_is}: {step}, {gain} as fast, measured in {again}"
        f"{_came_true(best)}.{_beside_main(found, best)}"
    )


def _beside_main(found: Scaling, best: Recommendation) -> str:
    """Why it is not the main thread, where that is about as fast."""
    chosen = _cell(found, best.cell)
    if chosen.where == "main":
        return ""
    alike = (chosen.threads, chosen.isolated, chosen.spinning, chosen.build)
    for row in found.cells:
        same = (row.threads, row.isolated, row.spinning, row.build) == alike
        if same and row.where == "main" and row.ms is not None:
            took = f"{numbers.ms(row.ms.point)} when it was chosen"
            return f" On the main thread as many took {took}, and held up the page meanwhile."
    return ""


def _came_true(best: Recommendation) -> str:
    if best.predicted_ms is None or best.ratio is None or best.prediction is None:
        return ""
    said = (
        f"; {numbers.ms(best.predicted_ms.point)} was predicted when it was chosen, which {best.prediction}"
    )
    return said if best.prediction == "holds" else f"{said} by {numbers.factor(best.ratio.point)}"


def _disturbed(found: Scaling) -> Iterator[str]:
    if found.disturbed_visits:
        yield (
            f"Other programs were at work during {found.disturbed_visits} of {found.visits} visits: where "
            "not all cores are free, more threads look worse than they are."
        )


def _missing(found: Scaling) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for row in found.cells:
        if row.ms is None:
            reasons.setdefault(row.why, []).append(_described(row))
    yield from (f"Not measured: {_listed(ways)}: {why}." for why, ways in reasons.items())


def _listed(ways: Sequence[str]) -> str:
    return "; ".join(dict.fromkeys(ways))
