"""One shape, declared once: what the page knows of the wire is what Python says of it."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gapprof.places import probes_web
from gapprof.records import wire
from gapprof.records.typescript import declarations
from gapprof.records.wire import messages

MODULES = sorted(path for path in probes_web().glob("**/*.mjs") if "node_modules" not in path.parts)
STAND_ALONE = ("observer.mjs", "recorder.mjs")
"""Their texts are put in front of a page's scripts, so they import nothing."""
KINDS = {cls.__struct_config__.tag for cls in messages.tasks()}
MESSAGES = '''
"""What is counted."""

from msgspec import Struct


class CountTask(Struct, frozen=True, kw_only=True, tag="count", tag_field="kind"):
    """Count words."""

    words: tuple[str, ...]


class Counted(Struct, frozen=True, kw_only=True, tag="counted", tag_field="kind"):
    """Words were counted."""

    count: int
'''


def test_the_checked_in_declarations_are_the_generated_ones() -> None:
    checked_in = (probes_web() / "wire.d.ts").read_text(encoding="utf-8")
    assert checked_in == declarations(), "python -m gapprof.records.typescript > probes_web/wire.d.ts"


@pytest.fixture
def dropped_in(tmp_path: Path) -> Iterator[None]:
    """A file with the messages of one more probe."""
    (tmp_path / "count.py").write_text(MESSAGES)
    wire.__path__.append(str(tmp_path))
    yield
    wire.__path__.remove(str(tmp_path))
    sys.modules.pop("gapprof.records.wire.count", None)
    vars(wire).pop("count", None)


@pytest.mark.usefixtures("dropped_in")
def test_messages_are_declared_by_adding_a_file() -> None:
    text = declarations()
    assert 'export interface CountTask {\n  kind: "count";\n  words: readonly string[];\n}' in text
    (asked,) = re.findall("^export type Task = (.*);$", text, re.MULTILINE)
    (said,) = re.findall("^export type Answer = (.*);$", text, re.MULTILINE)
    assert "CountTask" in asked.split(" | ")
    assert "Counted" in said.split(" | ")


def test_no_kind_of_task_is_declared_twice_and_no_kind_of_answer() -> None:
    for found in (messages.tasks(), messages.answers()):
        kinds = [cls.__struct_config__.tag for cls in found]
        assert len(set(kinds)) == len(kinds)


def test_every_kind_of_task_is_one_probe_file() -> None:
    assert {path.stem for path in (probes_web() / "probes").glob("*.mjs")} == KINDS


@pytest.mark.parametrize("probe", sorted(KINDS, key=str))
def test_a_probe_exports_one_constant(probe: str) -> None:
    text = (probes_web() / "probes" / f"{probe}.mjs").read_text(encoding="utf-8")
    assert re.findall(r"^export (.*) =", text, flags=re.MULTILINE) == ["const probe"]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(probes_web()).as_posix())
class TestPageCode:
    def test_is_checked_by_the_compiler(self, module) -> None:
        assert module.read_text(encoding="utf-8").startswith("// @ts-check\n")

    def test_rounds_nothing(self, module) -> None:
        text = module.read_text(encoding="utf-8")
        rounded = [
            line
            for line in text.splitlines()
            if re.search(r"toFixed|toPrecision|Math\.(round|floor|trunc)", line)
        ]
        assert all("random" in line for line in rounded)  # whole milliseconds of think time

    def test_reads_the_one_clock(self, module) -> None:
        text = module.read_text(encoding="utf-8")
        reads = re.search(r"performance\.now|Date\.now|new Date", text) is not None
        assert reads == (module.name in ("clock.mjs", *STAND_ALONE))

    def test_speaks_to_no_console(self, module) -> None:
        assert ("console" in _code(module)) == (module.name == "overheard.mjs")

    def test_touches_no_document(self, module) -> None:
        """But for what shows something: the busy page, and the components that a page is felt by."""
        assert "document" not in _code(module) or module.name == "busy.mjs" or module.parent.name == "gui"


def _code(module) -> str:
    """Without comments."""
    text = re.sub(r"/\*.*?\*/", "", module.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.sub(r"//.*", "", text)
