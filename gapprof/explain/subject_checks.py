"""Checks of the user's browser, page and flags: never a reason to strike a number, always worth saying."""

from collections.abc import Iterator, Sequence
from typing import Literal

from gapprof.facts.adapters import SOFTWARE_SENTENCE, is_software, titled
from gapprof.facts.case import Case
from gapprof.facts.cells import counting
from gapprof.facts.closing import CLOSES, LEAST_MS, Visited, visited
from gapprof.facts.gpu import adapter
from gapprof.facts.isolation import isolated
from gapprof.facts.ladder import planned
from gapprof.facts.started import stages_over_observed, web_starts
from gapprof.facts.tier import baseline_flags, given_flags
from gapprof.records.cold import STAGES_CLOSE
from gapprof.records.report import CheckRow
from gapprof.text import numbers
from gapprof.text.names import harmless

_NOT_CHECKED = "no visit of the browser said when its threads ran and waited for a core"
_TOO_SHORT = (
    f"not checked: in less than {LEAST_MS:g} ms, or on a machine that is too full to look at threads, clocks "
    "that count in ticks tell nothing"
)
_ENOUGH = 0.5
"""Of the visits that told anything: fewer that could be checked speak for themselves alone."""


def subject_checks(case: Case) -> tuple[CheckRow, ...]:
    """Isolation, threads, tier, compiling, flags and the scheduler's balance, each once."""
    return (
        _isolation(case),
        _threads(case),
        _tier(case),
        _compiling(case),
        _flags(case),
        _balance(case),
        *_stages(case),
        *_adapter(case),
    )


def _stages(case: Case) -> Iterator[CheckRow]:
    """Where starts were taken apart: whether the stages add up to what was seen from outside."""
    found = web_starts(case)
    apart = [abs(stages_over_observed(start) - 1) for start in found]
    if not apart:
        return
    close = sum(one <= STAGES_CLOSE for one in apart)
    within = numbers.percent(STAGES_CLOSE)
    text = (
        f"in {close} of {len(apart)} starts the stages add up to what was seen from outside within {within}"
    )
    if any(start.page_observed_ms is None and start.whole_observed_ms is None for start in found):
        text += "; the page's own loading is left out of both sides, for one clock alone has seen it"
    yield _check("start-stages", "pass" if close == len(apart) else "fail", text, "report")


def _adapter(case: Case) -> Iterator[CheckRow]:
    """Only where something ran on one."""
    one = adapter(case)
    if one is not None:
        software = is_software(one)
        text = f"the page's adapter is {harmless(titled(one), 120)}"
        yield _check(
            "adapter",
            "fail" if software else "pass",
            f"{text}: {SOFTWARE_SENTENCE}" if software else text,
            "gpu-abstraction",
        )


def _isolation(case: Case) -> CheckRow:
    found = isolated(case)
    if found is None:
        return _check("isolation", "unknown", "nobody looked whether the page is isolated", "threads")
    if not found:
        text = "the page is not cross-origin isolated, so wasm runs on one thread"
        return _check("isolation", "fail", text, "threads")
    return _check("isolation", "pass", "the page is cross-origin isolated", "threads")


def _threads(case: Case) -> CheckRow:
    preflight = case.recording.preflight
    if preflight is None:
        return _check("threads-asked", "unknown", "the page was not looked at", "threads")
    # With isolation the page gets what it asks for, whether by --threads or by onnxruntime-web's own rule.
    isolated_page = case.get(planned).get("web-isolated")
    asked = case.recording.begin.settings.threads
    if asked is None and isolated_page is not None and isolated_page.setting is not None:
        asked = isolated_page.setting.threads
    got = preflight.page_threads
    if asked is not None and got < asked:
        text = f"{asked} threads were asked for, the page got {got}"
        return _check("threads-asked", "fail", text, "threads")
    text = f"the page got {got} thread{'s' if got > 1 else ''}, as asked for"
    return _check("threads-asked", "pass", text, "threads")


def _tier(case: Case) -> CheckRow:
    flags = baseline_flags(case)
    if flags:
        text = f"{harmless(' '.join(flags), 80)} keeps wasm in V8's baseline tier"
        return _check("tier", "fail", text, "runtime")
    return _check("tier", "pass", "no flag keeps wasm out of the optimising tier", "runtime")


def _compiling(case: Case) -> CheckRow:
    """On the quiet page such a trial is struck; beside other work the sign may be the page's own."""
    looked = [trial for trial in case.get(counting) if trial.seen.tier_up]
    unsettled = sum(trial.seen.tier_up == "unsettled" for trial in looked)
    if not looked:
        return _check("compiling", "unknown", "nobody looked whether V8 was still compiling", "runtime")
    if unsettled:
        text = (
            f"in {unsettled} of {len(looked)} timed visits of the browser V8, or the page on the same "
            "threads, was still at work when timing began: code there may not have reached its final speed"
        )
        return _check("compiling", "fail", text, "runtime")
    text = f"V8 had nothing left to compile before any of {len(looked)} timed visits of the browser"
    return _check("compiling", "pass", text, "runtime")


def _flags(case: Case) -> CheckRow:
    users = set(given_flags(case))
    unknown = {
        flag
        for trial in case.get(counting)
        if trial.rung in case.get(planned)
        for flag in trial.seen.rejected_flags
        if flag in users
    }
    if unknown:
        text = f"the browser does not know {harmless(' '.join(sorted(unknown)), 80)} and ignores it"
        return _check("your-flags", "fail", text, "runtime")
    return _check("your-flags", "pass", "the browser knows every flag you gave", "runtime")


def _balance(case: Case) -> CheckRow:
    """Where it does not close, what is said of waits for a core is not to be relied on; latencies are."""
    told = [one for one in visited(case) if one.told]
    found = [one for one in told if one.closures]
    short = len(told) - len(found)
    if not found:
        visits = numbers.many(short, "visit")
        text = _NOT_CHECKED if not told else f"all {visits} of the browser were {_TOO_SHORT}"
        return _check("scheduler-balance", "unknown", text, "contention")
    closing = sum(one.closes for one in found)
    worst = max(abs(closure.error) for one in found for closure in one.closures)
    if closing == len(found) < _ENOUGH * len(told):
        text = (
            f"only {closing} of {len(told)} visits of the browser lasted long enough ({LEAST_MS:g} ms), or "
            f"were seen well enough, to tell; there {_agreeing(found)} within {numbers.percent(CLOSES)}"
            f"{_behind(found)}"
        )
        return _check("scheduler-balance", "unknown", text, "contention")
    text = (
        f"{_agreeing(found)} within {numbers.percent(CLOSES)} in {closing} of "
        f"{numbers.many(len(found), 'visit')} of the browser, the worst {numbers.percent(worst)} apart"
        f"{_behind(found)}; {_by_states(found)}"
    )
    if short:
        text += f"; {short} more {'were' if short > 1 else 'was'} {_TOO_SHORT}"
    stolen = max(closure.stolen for one in found for closure in one.closures)
    if stolen > CLOSES:
        text += f"; beyond what a hypervisor took, up to {numbers.percent(stolen)}"
    if closing < len(found):
        return _check("scheduler-balance", "fail", text, "contention")
    return _check("scheduler-balance", "pass", text, "contention")


def _agreeing(found: Sequence[Visited]) -> str:
    """What was held against what: only a traced visit has all that makes up wall time."""
    traced = sum(one.traced for one in found)
    if not traced:
        return "two clocks agree on what was measured,"
    adding = "on-CPU, run-queue and blocked time add up to wall time"
    return f"{adding}," if traced == len(found) else f"{adding}, and two clocks of one thing agree,"


def _behind(found: Sequence[Visited]) -> str:
    """Which requests were held together, where it is not the timed ones."""
    behind = sum(one.behind for one in found)
    if not behind:
        return ""
    return (
        f"; in {behind} of them that is so of requests behind the timed ones, and the timed ones are held to "
        "the time that passed alone"
    )


def _by_states(found: Sequence[Visited]) -> str:
    traced = sum(one.traced for one in found)
    below = sum(not one.bounded for one in found)
    alone = (
        f", in {below} of them not from above: there the model's thread may wait for helpers, a GPU or V8's "
        "collector"
        if below
        else ""
    )
    if not traced:
        return f"blocked time was measured in none of them, only bounded by that{alone}"
    others = f", and bounded in the others{alone}" if traced < len(found) else ""
    return f"blocked time was measured by itself in {traced} of them{others}"


def _check(check: str, status: Literal["pass", "fail", "unknown"], text: str, concerns: str) -> CheckRow:
    return CheckRow(id=check, kind="subject", status=status, text=text, concerns=concerns)
