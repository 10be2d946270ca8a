"""Figures by key become labels and words."""

from gapprof.terminal.figures import figures_in_words


def test_rates_are_named_as_such() -> None:
    figures = {"work_ms_per_s": [{"name": "Layout", "ms_per_s": 250.0, "per_s": 60.0}]}
    ((label, words),) = figures_in_words(figures)
    assert label == "work"
    assert words == "name Layout, 250 ms per s, 60.0 per s"
