"""From two reports to what changed between them."""

from collections.abc import Iterable, Iterator

from gapprof.comparison.changes import changes, movable
from gapprof.comparison.doubts import doubts
from gapprof.comparison.headline import headline
from gapprof.comparison.kin import asked_differently, strangers
from gapprof.comparison.pairs import Pair, cause_pairs, gap_pair, latency_pairs, residual_pair
from gapprof.records.comparison import Comparison, Side
from gapprof.records.report import Report
from gapprof.stats.verdict import simultaneous_level


def compare(before: Report, after: Report) -> Comparison:
    """Every figure that both have, each with an interval that holds what both intervals hold.

    Nothing is refused here: `kin.refuse_strangers` does that, on what this found.
    """
    latencies, gap = latency_pairs(before, after), gap_pair(before, after)
    causes, residual = cause_pairs(before, after), residual_pair(before, after)
    level = simultaneous_level(movable((*latencies, gap, *causes, residual)))

    (changed_gap,) = changes((gap,), level)
    (changed_residual,) = changes((residual,), level)
    changed_latencies = changes(latencies, level)
    changed_causes = changes(causes, level, movable(_below(causes)))
    differing, settings = strangers(before, after), asked_differently(before, after)
    return Comparison(
        headline=headline(
            before,
            after,
            changed_gap,
            changed_latencies,
            (*changed_causes, changed_residual),
            differing,
        ),
        model=after.model,
        before=_side(before),
        after=_side(after),
        strangers=differing,
        settings=settings,
        level=level,
        latencies=changed_latencies,
        gap=changed_gap,
        causes=changed_causes,
        residual=changed_residual,
        doubts=doubts(before, after, differing),
    )


def _below(pairs: Iterable[Pair]) -> Iterator[Pair]:
    for pair in pairs:
        yield from pair.children
        yield from _below(pair.children)


def _side(report: Report) -> Side:
    return Side(
        headline=report.headline,
        status=report.status,
        status_why=report.status_why,
        began_utc=report.began_utc,
        gapprof_version=report.tool.version,
        rounds=report.rounds,
    )
