"""Budgets on a terminal: the sentence, then one line a budget, and what is the matter where something is."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from gapprof.budgets.words import broken, figure_in_words, limit_in_words
from gapprof.records.gate import Gate, Judged
from gapprof.records.surface import Surface
from gapprof.terminal.ink import Ink
from gapprof.terminal.printing import printed
from gapprof.text import names

_WORD, _FIGURE, _LIMIT = 15, 24, 9
_TITLE_LEAST, _TITLE_MOST = 18, 56
_FIXED = _WORD + _FIGURE + _LIMIT + 4
_STYLES = {"holds": "green", "exceeded": "red", "unknown": "red"}
_MODEL_NAME = 40


def drawn(gate: Gate, surface: Surface) -> str:
    """The whole text, ending in a newline."""
    return printed(_parts(gate, Ink(surface)), surface)


def _parts(gate: Gate, ink: Ink) -> Iterator[RenderableType]:
    yield ink.text(gate.headline, "bold")
    if gate.report_status != "ok" and gate.report_status_why not in gate.headline:
        yield ink.text(f"{gate.report_status.replace('-', ' ').upper()}: {gate.report_status_why}", "yellow")
    yield ink.text(names.harmless(gate.model.name, _MODEL_NAME), "dim")
    yield Text()
    table = ink.grid()
    table.add_column("", width=_WORD, justify="right", no_wrap=True)
    title_width = max(_TITLE_LEAST, min(_TITLE_MOST, ink.width - _FIXED))
    table.add_column(Text("Budget", style="bold not dim"), width=title_width, overflow="fold")
    table.add_column("measured", width=_FIGURE, overflow="fold")
    table.add_column("at most", width=_LIMIT, no_wrap=True)
    for one in gate.budgets:
        table.add_row(
            ink.text(_word(one), _style(one)),
            Group(ink.text(one.title), *(ink.text(line, "dim") for line in _below(one, ink))),
            ink.text(figure_in_words(one)),
            ink.text(limit_in_words(one.limit)),
        )
    yield table


def _word(one: Judged) -> str:
    word = one.verdict.replace("-", " ")
    return f"{word} (warn)" if broken(one) and one.limit.level == "warn" else word


def _style(one: Judged) -> str:
    style = _STYLES.get(one.verdict, "")
    return "yellow" if style == "red" and one.limit.level == "warn" else style


def _below(one: Judged, ink: Ink) -> Iterator[str]:
    """What is the matter; in detail, who set the limit as well."""
    if one.verdict == "unclear":
        yield f"above the limit, but {one.why or 'its interval reaches below it'}"
    elif one.why:
        yield one.why
    if ink.surface.detail:
        yield f"{one.limit.key}, set by {one.limit.origin}"
