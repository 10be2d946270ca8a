"""Harness faults of one trial: what gapprof itself got wrong, so that the number does not count. Pure."""

from collections.abc import Iterator

from gapprof.records.environment import Setting, is_url
from gapprof.records.trial import Seen


def harness_faults(seen: Seen, setting: Setting, *, stock_flags: bool) -> tuple[str, ...]:
    """Differences between what was planned and what the environment says it was."""
    return tuple(_faults(seen, setting, stock_flags=stock_flags))


def _faults(seen: Seen, setting: Setting, *, stock_flags: bool) -> Iterator[str]:
    if seen.threads != setting.threads:
        yield f"threads: {setting.threads} planned, {seen.threads} obtained"
    if setting.backend == "native":
        if setting.isa != "full" and not seen.ceiling_hits:
            yield "instruction ceiling: no CPUID execution was answered, it was installed too late"
        return
    if seen.debugger_domain and not setting.debugger:
        yield "the Debugger domain was on, with which wasm is slower"
    if setting.debugger and not seen.debugger_domain:
        yield "the Debugger domain was off, where it was to be on"
    if seen.where is not None and seen.where != setting.where:
        yield f"the model ran on the {seen.where}, {setting.where} was planned"
    if not is_url(setting.page) and seen.isolated is not None and seen.isolated != setting.isolated:
        yield f"cross-origin isolation was {seen.isolated}, {setting.isolated} was planned"
    if setting.page == "quiet" and seen.tier_up == "unsettled":
        # On other pages the compiler's threads, and the runs, may be the page's to disturb.
        yield "V8 was still compiling when timing began, or the runs were still changing"
    if stock_flags and seen.rejected_flags:
        yield f"the engine does not know {', '.join(seen.rejected_flags)}"
