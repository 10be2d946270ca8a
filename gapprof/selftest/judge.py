"""Every plant's row: planted against found. Pure, from the recording of all stops and the plan."""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, replace

from gapprof.facts.case import Case
from gapprof.records.recording import Recording
from gapprof.records.selftest import SelftestRow
from gapprof.selftest.assemble import measured_directly
from gapprof.selftest.judges.costs import added_to_headline, costs_faults, costs_figures, find
from gapprof.selftest.judges.evidence import Evidence, evidence, factor
from gapprof.selftest.judges.flagged import flagged_faults, flagged_figures, flagged_trials
from gapprof.selftest.judges.nothing import nothing_faults, nothing_figures
from gapprof.selftest.judges.shrinks import shrinkage, shrinks_faults
from gapprof.selftest.judges.size import size_figures
from gapprof.selftest.judges.width import Bounded, doubts, rounds_short
from gapprof.selftest.plan import Laid, Plan
from gapprof.selftest.plant import Costs, Flagged, Nothing, Shrinks
from gapprof.stats.contrast import Contrast


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """What rows stand on that cannot be judged yet, and how many more rounds the least vague of them lacks.

    Those that lack more are asked again by then: nobody goes on visiting for them what others stand on.
    0: nothing.
    """

    rounds: int
    stops: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A row of a plant, and what has to be known well for it to pass."""

    laid: Laid
    row: SelftestRow
    figures: tuple[Bounded, ...] = ()


def rows(plan: Plan, journal: Recording) -> tuple[SelftestRow, ...]:
    """In the order of the plan, the clean ladder left out; a plant with several expectations has several."""
    return tuple(one.row for one in _all(plan, journal))


def shortage(plan: Plan, journal: Recording, *, given_up: Set[str]) -> Shortage:
    """By how wide intervals are so far, and never by what was found; rows that fail have wide ones too.

    `given_up`: stops that are visited no more. What stands on one of them gets no narrower.
    """
    wide = [
        (stands_on, one.figures)
        for one in _all(plan, journal)
        if not all(figure.narrow for figure in one.figures)
        if given_up.isdisjoint(stands_on := frozenset(_stands_on(one.laid, plan.clean)))
    ]
    return Shortage(
        rounds=min((rounds_short(figures) for _, figures in wide), default=0),
        stops=frozenset(stop for stands_on, _ in wide for stop in stands_on),
    )


def _stands_on(laid: Laid, clean: Laid) -> Iterator[str]:
    """Stops of a plant's rows: its ladder and A/Bs, and the ladder that they are held against."""
    yield from laid.stops.values()
    yield from (laid.calm or clean.stops).values()
    for pair in laid.pairs:
        if pair is not None:
            yield from (pair.planted, pair.without)


def _all(plan: Plan, journal: Recording) -> Iterator[_Judged]:
    clean, cells = evidence(plan.clean, journal), Case(journal)
    for laid in plan.plants:
        if laid.impossible:
            yield _Judged(laid=laid, row=_impossible(laid))
        else:
            without = evidence(replace(laid, stops=laid.calm), journal) if laid.calm else clean
            yield from _judged(laid, evidence(laid, journal), without, cells)


def _judged(laid: Laid, here: Evidence, clean: Evidence, cells: Case) -> Iterator[_Judged]:
    direct = [measured_directly(pair, cells) if pair else None for pair in laid.pairs]
    expected = list(zip(laid.plant.expects, direct, strict=True))
    planted = {
        one.cause: added
        for one, contrast in expected
        if isinstance(one, Costs)
        if (added := added_to_headline(find(here, one), contrast)) is not None
    }
    for one, contrast in expected:
        match one:
            case Costs():
                found = find(here, one)
                yield _row(
                    laid,
                    costs_faults(one, found, contrast, here, clean, planted),
                    costs_figures(one, found, contrast, clean, planted),
                    cause=one.cause if one.child == one.cause else f"{one.cause}/{one.child}",
                    planted=contrast,
                    found=found.contrast,
                    headline=found.headline,
                )
            case Shrinks():
                shrunk = shrinkage(one, here, clean)
                yield _row(
                    laid,
                    shrinks_faults(one, shrunk, contrast, here, clean),
                    size_figures(contrast, shrunk),
                    cause=one.cause,
                    planted=contrast,
                    found=shrunk,
                    headline=here.headlines.get(one.cause),
                    said="smaller by this",
                )
            case Nothing():
                gap = here.diagnosis.gap
                yield _row(
                    laid, nothing_faults(here), nothing_figures(here), found=gap, said="nothing planted"
                )
            case Flagged():
                flagged, trials = flagged_trials(here)
                said = f"{flagged} of {trials} trials flagged"
                yield _row(
                    laid, flagged_faults(one, here, clean), flagged_figures(one, here, clean), said=said
                )


def _row(
    laid: Laid,
    faults: Iterable[str],
    figures: Iterable[Bounded],
    *,
    cause: str | None = None,
    planted: Contrast | None = None,
    found: Contrast | None = None,
    headline: Contrast | None = None,
    said: str = "",
) -> _Judged:
    known, wrong = tuple(figures), tuple(faults)
    vague = () if wrong else tuple(doubts(known))
    row = SelftestRow(
        plant=laid.plant.id,
        title=laid.plant.title,
        cause=cause,
        planted=factor(planted),
        found=factor(found),
        headline=factor(headline),
        said=said,
        status="fail" if wrong else "vague" if vague else "pass",
        why="; ".join(wrong or vague),
    )
    return _Judged(laid=laid, row=row, figures=known)


def _impossible(laid: Laid) -> SelftestRow:
    return SelftestRow(
        plant=laid.plant.id,
        title=laid.plant.title,
        cause=None,
        planted=None,
        found=None,
        headline=None,
        said="",
        status="impossible",
        why=laid.impossible,
    )
