"""What a page that was watched does beside its inference: as it was seen, and that no rung has it."""

from collections.abc import Iterator

from gapprof.records.report import Report
from gapprof.records.sections.observed import MainThreadUse, ObservedPage
from gapprof.text import numbers
from gapprof.text.names import harmless

_ADDRESS = 120


def own_work_sentences(page: ObservedPage) -> Iterator[str]:
    """Its main thread, and the pauses between its runs."""
    if page.main_thread is not None:
        yield _main_thread(page.main_thread, in_worker=page.where == "worker")
    if page.pause_ms is not None and page.pause_high_ms is not None:
        yield (
            f"From a run's end to the next one's begin pass {numbers.ms(page.pause_ms)} (median; one pause "
            f"in twenty is longer than {numbers.ms(page.pause_high_ms)})."
        )


def own_work_doubt(report: Report) -> Iterator[str]:
    """That the ladder is about its model on a page without it, and how to get the other figures."""
    page = report.observed
    if page is None or report.status == "failed":
        return
    use = page.main_thread
    share = f" ({numbers.whole_percent(use.own)} of its main thread)" if use and use.own is not None else ""
    yield (
        f"The page's own work{share} is not in the ladder's figures: they are of its model on a quiet page "
        f"of gapprof's. `gapprof explain MODEL --page {harmless(page.url, _ADDRESS)}` measures the model "
        "inside that page, beside everything that it does, its own runs too"
    )


def _main_thread(use: MainThreadUse, *, in_worker: bool) -> str:
    where = ", where the model does not run," if in_worker else ""
    text = (
        f"While it ran, its main thread{where} was busy {numbers.whole_percent(use.busy)} of "
        f"{numbers.ms(use.over_ms)}"
    )
    styles = f"style and layout {numbers.whole_percent(use.styles)}"
    if use.runs is None or use.own is None:
        return f"{text}, runs that wait for a GPU not told apart from all else; {styles}."
    if in_worker and not use.runs:
        return f"{text}; {styles}."
    return (
        f"{text}: {numbers.whole_percent(use.runs)} inside the library and {numbers.whole_percent(use.own)} "
        f"with everything else, the page's own work; {styles}."
    )
