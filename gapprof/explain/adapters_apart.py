"""What did not run on the page's adapter, rung by rung, in words. Pure."""

from collections.abc import Iterator, Mapping

from gapprof.facts.adapters import SOFTWARE_SENTENCE, differences, foreign_to, is_software, titled
from gapprof.records.environment import Setting
from gapprof.records.gpu import AdapterIdentity
from gapprof.records.trial import Trial
from gapprof.text.names import harmless

_WORD = 120


def told_apart(
    page: AdapterIdentity,
    others: Mapping[str, AdapterIdentity],
    rungs: Mapping[str, tuple[Setting, list[Trial]]],
) -> Iterator[tuple[str, str]]:
    """Replays prove something about the adapter of the page only where they ran on the same one.

    First the page itself, then what ran on software: the first of all is what is told in words. Where the
    page ran on two adapters, a replay on either is no other's.
    """
    pages = [rung for rung, (step, _) in rungs.items() if step.backend == "chromium"]
    also = next((others[rung] for rung in pages if rung in others), None)
    if also is not None:
        there = (one for one in pages if any(trial.seen.adapter == page for trial in rungs[one][1]))
        rung = next(there, pages[0])
        told = harmless(f"{titled(also)} as well as on {titled(page)}", 2 * _WORD)
        yield rung, f"the page ran on {told}{_plumbing(page)}"
    apart = [
        rung
        for rung in rungs
        if rung in others and rung not in pages and (also is None or differences(also, others[rung]))
    ]
    for rung in sorted(apart, key=lambda one: not is_software(others[one])):
        told = harmless("; ".join(differences(page, others[rung])), _WORD)
        yield rung, f"its adapter is not the page's: {told}{_plumbing(others[rung])}"
    for rung, (_, trials) in rungs.items():
        for provider in dict.fromkeys(t.seen.provider for t in trials if t.seen.provider):
            if foreign_to(provider, page):
                told = f"which is {harmless(titled(page), _WORD)}{_plumbing(page)}"
                yield rung, f"{harmless(provider, _WORD)} does not run on the page's adapter, {told}"


def _plumbing(one: AdapterIdentity) -> str:
    return f" ({SOFTWARE_SENTENCE})" if is_software(one) else ""
