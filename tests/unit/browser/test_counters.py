"""What a browser counts it counts no longer than it is wanted."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest

from gapprof.browser.counters import counters, counting
from gapprof.browser.page import Page
from gapprof.browser.trouble import VisitError
from tests.unit.browser.devtools import Answer, answering, silent


def methods(answers: Mapping[str, Answer], *, patience_s: float) -> set[str]:
    """Those that were called by the end of a block that reads once, or by when nobody waits any more."""

    async def whole() -> set[str]:
        async with answering(answers) as connection:
            page = Page(connection=connection, target="page", session="page")
            with suppress(TimeoutError):
                async with asyncio.timeout(patience_s), counting(page):
                    await counters(page)
            return connection.methods

    return asyncio.run(whole())


def told(_asked: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"metrics": [{"name": "Timestamp", "value": 12.5}, {"name": "Nodes", "value": 7}]}


@pytest.mark.parametrize(
    ("silent_at", "read"), [("Performance.enable", False), ("Performance.getMetrics", True)]
)
def test_a_page_that_answers_late_is_told_to_count_no_longer(silent_at: str, read: bool) -> None:
    """It would begin as soon as it can, when nobody knows of it any more."""
    asked = methods({"Performance.getMetrics": told, silent_at: silent}, patience_s=0.1)
    assert "Performance.disable" in asked
    assert ("Performance.getMetrics" in asked) == read


def test_counters_are_read_by_their_names_and_nonsense_is_no_figure() -> None:
    async def read(answer: Answer) -> Mapping[str, float]:
        async with answering({"Performance.getMetrics": answer}) as connection:
            return await counters(Page(connection=connection, target="page", session="page"))

    assert asyncio.run(read(told)) == {"Timestamp": 12.5, "Nodes": 7.0}
    with pytest.raises(VisitError, match="metrics cannot be read"):
        asyncio.run(read(lambda _asked: {"metrics": [{"name": "Timestamp", "value": "soon"}]}))
