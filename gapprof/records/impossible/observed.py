"""A page that was watched."""

from gapprof.records.bounds import LONGEST_MS, counted, lasting
from gapprof.records.impossible import Check
from gapprof.records.observed import ObservedStretch, PageObserved


def _of_page(entry: PageObserved) -> str:
    if not 0 <= entry.chosen < len(entry.sessions):
        return f"a page that was watched for a session {entry.chosen} of {len(entry.sessions)}"
    for one in entry.sessions:
        if not lasting(one.create_ms, *one.runs_ms, *one.runs_began_ms):
            return "a page with runs of impossible times"
        if one.runs_began_ms and len(one.runs_began_ms) != len(one.runs_ms):
            return f"{len(one.runs_ms)} runs of a page that began {len(one.runs_began_ms)} times"
        if not counted(one.thread_workers or 0):
            return f"{one.thread_workers} workers of a page"
    return "" if entry.main_thread is None else _of_main_thread(entry.main_thread)


def _of_main_thread(one: ObservedStretch) -> str:
    if not 0 < one.over_ms < LONGEST_MS or not lasting(one.tasks_ms, one.styles_ms, one.runs_ms or 0.0):
        return f"a main thread that was busy for {one.tasks_ms:g} of {one.over_ms:g} ms"
    return ""


CHECKS = (Check(kind=PageObserved, wrong=_of_page),)
