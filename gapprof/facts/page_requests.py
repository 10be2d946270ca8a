"""What pages do to requests: rungs that differ by their page alone, in rounds that have them all. Pure."""

from collections.abc import Mapping

from gapprof.facts.case import Case
from gapprof.facts.cells import measured
from gapprof.facts.ladder import planned, target
from gapprof.facts.readings import logs
from gapprof.records.sections.quality import PageKind
from gapprof.stats.contrast import Contrast

RUNGS: Mapping[PageKind, str] = {
    "quiet": "web-paced",
    "busy": "web-busy",
    "busier": "web-busier",
    "own": "web",
}


def pages(case: Case) -> tuple[PageKind, ...]:
    """That a run has; the user's own only where it is not the quiet one."""
    there = [page for page, rung in RUNGS.items() if rung in case.get(planned)]
    own_is_quiet = target(case, RUNGS["own"]) == target(case, RUNGS["quiet"])
    return tuple(page for page in there if page != "own" or not own_is_quiet)


def page_logs(case: Case) -> Mapping[PageKind, Mapping[int, float]]:
    """Page → round → ln of the mean time of a request, for every page that was measured at all.

    The rounds are those that have every one of them, so that all pages are held against the same moments.
    """
    cells, found = case.get(measured), case.get(logs)
    there = [page for page in case.get(pages) if cells.get(RUNGS[page])]
    if not there:
        return {}
    rounds = set.intersection(*(set(found[RUNGS[page]]) for page in there))
    return {page: {number: found[RUNGS[page]][number] for number in sorted(rounds)} for page in there}


def times_quiet(case: Case, page: PageKind) -> Contrast | None:
    """ln of how many times as long as on the quiet page; None for that page, and where one has no figure."""
    found = case.get(page_logs)
    quiet, here = found.get("quiet", {}), found.get(page, {})
    if page == "quiet" or not quiet or not here:
        return None
    return Contrast({number: here[number] - quiet[number] for number in here})
