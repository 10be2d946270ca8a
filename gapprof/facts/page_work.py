"""Evidence for contention: the page's work by kind, waits for a core, and requests."""

from collections.abc import Iterable, Iterator

from gapprof.facts.adapters import SOFTWARE_SENTENCE
from gapprof.facts.case import Case
from gapprof.facts.contention import MAIN_THREAD, Work, requests, run_queue_ms_per_s, traced_work
from gapprof.facts.kinds import is_the_model_or_us
from gapprof.facts.ladder import target
from gapprof.facts.oversubscription import oversubscription_evidence
from gapprof.records.gpu import BY_SOFTWARE
from gapprof.records.gpu_waits import GPU_WAITS
from gapprof.records.report import Evidence
from gapprof.records.trial import Trace
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
        *_work(case, rung, where),
        *_waits(case, rung, where),
        *_requests(case, rung, where),
    )


def of_the_page(work: Iterable[Work]) -> list[Work]:
    """Neither the model's nor ours."""
    return [piece for piece in work if not is_the_model_or_us(piece.name, piece.detail)]


def _work(case: Case, rung: str, where: str) -> Iterator[Evidence]:
    for piece in of_the_page(traced_work(case, rung))[:_MOST]:
        if piece.ms_per_s >= _SMALLEST_MS_PER_S:
            thread = "the page’s main thread" if piece.thread == MAIN_THREAD else harmless(piece.thread, 40)
            text = f"{harmless(piece.source, 120)} takes {numbers.ms(piece.ms_per_s)} per second of {thread}"
            text = f"{where}{text}{_waited(case, rung, piece)}."
            yield Evidence(kind="trace", text=text, value=piece.ms_per_s)


def _waited(case: Case, rung: str, piece: Work) -> str:
    """What that is where it is no work but a wait, and for which GPU."""
    wait = GPU_WAITS.get(piece.name)
    if wait is None:
        return ""
    remarks = []
    if piece.cpu_ms_per_s is not None:
        remarks.append(f"{numbers.ms(piece.cpu_ms_per_s)} of it on a core, the rest a wait")
    shared = target(case, rung)
    traced = [one.seen.command_line for one in case.recording.of(Trace) if one.rung == shared]
    if any(BY_SOFTWARE.intersection(arguments) for arguments in traced):
        remarks.append(SOFTWARE_SENTENCE)
    return f", {wait} ({'; '.join(remarks)})" if remarks else f", {wait}"


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
