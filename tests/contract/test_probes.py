"""A new probe is one new file on the page's side: nothing that carries tasks and answers knows it by name.

The other one that it needs declares its messages, see test_wire.py.
"""

import shutil
import time
from pathlib import Path

import pytest
from msgspec import Struct

from gapprof import assets
from gapprof.browser.trouble import VisitError
from gapprof.engine import running
from gapprof.guard import Guard
from gapprof.places import probes_web

PROBE = """// @ts-check
export const probe = {
  where: () => "main",
  refuse: ({ words }) => (words.length > 3 ? "too many words" : undefined),
  run: async ({ words }) => ({ kind: "counted", count: words.length }),
};
"""


class CountTask(Struct, frozen=True, kw_only=True, tag="count", tag_field="kind"):
    words: tuple[str, ...]


class Counted(Struct, frozen=True, kw_only=True, tag="counted", tag_field="kind"):
    count: int


def test_a_file_that_is_dropped_in_is_asked_like_any_other(tmp_path: Path) -> None:
    page = tmp_path / "probes_web"
    shutil.copytree(probes_web(), page, ignore=shutil.ignore_patterns("node_modules"))
    (page / "probes" / "count.mjs").write_text(PROBE)
    until = time.monotonic() + 300
    with Guard() as guard, running(assets.node(), page / "engine.mjs", guard=guard, deadline_s=300) as engine:
        assert engine.ask(CountTask(words=("a", "b")), Counted, until=until) == Counted(count=2)
        with pytest.raises(VisitError, match="too many words"):
            engine.ask(CountTask(words=("a", "b", "c", "d")), Counted, until=until)
        with pytest.raises(VisitError, match="cannot be read"):
            engine.ask(CountTask(words=()), CountTask, until=until)
