"""Evidence for contention: the page's work by kind, waits for a core, and requests."""

from collections.abc import Iterable

from gapprof.facts.case import Case
from gapprof.facts.contention import MAIN_THREAD, Work, requests, run_queue_ms_per_s, traced_work
from gapprof.facts.kinds import is_the_model_or_us
from gapprof.facts.ladder import target
from gapprof.facts.oversubscription import oversubscription_evidence
from gapprof.records.report import Evidence
from gapprof.text import numbers
from gapprof.text.names import harmless

_MOST = 4
_SMALLEST_MS_PER_S = 5.0
"""Half a percent of one thread: below it nothing explains a slow request."""


def page_evidence(case: Case) -> tuple[Evidence, ...]:
    """Of the page as deployed; where that is quiet, of the built-in busy page, and said so."""
    rung = "web" if target(case, "web") != target(case, "web-paced") else "web-busy"
    where = "" if rung == "web" else "On the built-in busy page: "
    return (
        *oversubscription_evidence(case),
        *_work(traced_work(case, rung), where),
        *_waits(case, rung, where),
        *_requests(case, rung, where),
    )


def page_sources(work: Iterable[Work]) -> list[tuple[str, str, float]]:
    """(thread, kind or source, ms per second), largest first; one source's kinds of work add up."""
    sums: dict[tuple[str, str], float] = {}
    for piece in work:
        if is_the_model_or_us(piece.name, piece.detail):
            continue
        key = (piece.thread, f"{piece.name} {piece.detail}".strip())
        sums[key] = sums.get(key, 0.0) + piece.ms_per_s
    return [
        (thread, source, ms)
        for (thread, source), ms in sorted(sums.items(), key=lambda item: (-item[1], item[0]))
    ]


def _work(work: tuple[Work, ...], where: str) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(
            kind="trace",
            text=f"{where}{harmless(source, 120)} takes {numbers.ms(ms)} per second of "
            f"{'the page’s main thread' if thread == MAIN_THREAD else harmless(thread, 40)}.",
            value=ms,
        )
        for thread, source, ms in page_sources(work)[:_MOST]
        if ms >= _SMALLEST_MS_PER_S
    )


def _waits(case: Case, rung: str, where: str) -> tuple[Evidence, ...]:
    waits = {
        thread: wait
        for thread, wait in run_queue_ms_per_s(case, rung).items()
        if thread.startswith("renderer/") and wait >= _SMALLEST_MS_PER_S
    }
    return tuple(
        Evidence(
            kind="scheduler",
            text=f"{where}{harmless(thread, 60)} waits {numbers.ms(waits[thread])} per second for a core.",
            value=waits[thread],
        )
        for thread in sorted(waits, key=lambda name: -waits[name])[:_MOST]
    )


def _requests(case: Case, rung: str, where: str) -> tuple[Evidence, ...]:
    found = requests(case, rung)
    if not found:
        return ()
    text = (
        f"{where}from request to result: median {numbers.ms(found['p50_ms'])}, "
        f"95th percentile {numbers.ms(found['p95_ms'])}, longest {numbers.ms(found['max_ms'])}."
    )
    return (Evidence(kind="requests", text=text[0].upper() + text[1:], value=found["p95_ms"]),)
