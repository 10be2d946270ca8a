"""Figures in the cells of a table; an empty cell where there is none."""

from rich.text import Text

from gapprof.records.estimate import Estimate
from gapprof.text import numbers


def ms_cell(milliseconds: float | None) -> Text:
    """A time, its unit in the head of the column."""
    return Text("" if milliseconds is None else numbers.bare_ms(milliseconds))


def factor_cell(figure: Estimate | None) -> Text:
    """A factor with its interval."""
    return Text("" if figure is None else numbers.factor_with_interval(figure))
