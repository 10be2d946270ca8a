"""Whether the page may use threads at all, and what it would gain if it might."""

from gapprof.facts.case import Case
from gapprof.facts.contention import trials_of
from gapprof.facts.estimates import factor, latency_ms
from gapprof.facts.ladder import planned, target
from gapprof.facts.readings import readable
from gapprof.records.report import Evidence
from gapprof.text import numbers

ADVICE = (
    "Serve the page with `Cross-Origin-Opener-Policy: same-origin` and "
    "`Cross-Origin-Embedder-Policy: require-corp`; without them wasm gets one thread."
)
_WITH_HEADERS = "web-isolated"
_WITH_EVERY_CORE = "web-threads"


def isolated(case: Case) -> bool | None:
    """Whether the user's page is cross-origin isolated: as it was found, else as it was asked for."""
    for trial in trials_of(case, "web"):
        if trial.seen.isolated is not None:
            return trial.seen.isolated
    preflight = case.recording.preflight
    seen = preflight.page_seen if preflight else None
    if seen is not None and seen.isolated is not None:
        return seen.isolated
    return None if case.recording.begin.settings.isolation else False


def more_threads(case: Case) -> str | None:
    """The measured rung that shows what more threads would give the page; None where there is none."""
    return next(
        (
            rung
            for rung in (_WITH_EVERY_CORE, _WITH_HEADERS)
            if target(case, rung) != target(case, "web") and readable(case, rung, "web")
        ),
        None,
    )


def isolation_evidence(case: Case) -> tuple[Evidence, ...]:
    """Threads on both sides, the missing headers, and the measured what-ifs."""
    found: list[Evidence] = []
    steps = case.get(planned)
    native, page = (steps[rung].setting if rung in steps else None for rung in ("native", "web"))
    if native is not None and page is not None:
        text = f"Threads: native {native.threads}, the page {page.threads}."
        found.append(Evidence(kind="threads", text=text, value=float(page.threads)))
    if isolated(case) is False:
        text = "The page is not cross-origin isolated (no COOP and COEP headers), so wasm gets one thread."
        found.append(Evidence(kind="isolation", text=text))
    for rung, change in ((_WITH_HEADERS, "With the headers"), (_WITH_EVERY_CORE, "With a thread per core")):
        if target(case, rung) != rung:  # the page is isolated, or asks for every core, already
            continue
        gain, then = factor(case, rung, "web"), latency_ms(case, rung)
        if gain is not None and then is not None:
            text = (
                f"{change} the page takes {numbers.ms_with_interval(then)}, "
                f"{numbers.factor_with_interval(gain)} faster, measured."
            )
            found.append(Evidence(kind="what-if", text=text, value=gain.point))
    return tuple(found)
