"""Names that attack: whatever a model, a page or a path is called, a report only shows it."""

import io
import re
import unicodedata
from collections.abc import Callable
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from gapprof import cli, live
from gapprof.errors import EnvironmentUnusable, ExitCode, WrongUse
from gapprof.options.screen import say
from gapprof.records.progress import Progress
from gapprof.records.report import Report
from gapprof.records.surface import Surface
from gapprof.render import markdown, terminal
from gapprof.terminal.ink import Ink
from gapprof.terminal.printing import printed
from tests.unit.render import reports
from tests.unit.render.attacked import attacked
from tests.unit.render.rows import HOSTILE

HARMFUL = frozenset({"Cc", "Cf", "Zl", "Zp"})
"""Categories of signs that a terminal or a reader of lines obeys."""
SURFACE = Surface(width=80)
NAMES = st.text(alphabet=st.characters(), min_size=1, max_size=200)
ATTACKS = {
    "markup": "[bold red]x[/] [link=https://evil.example]y[/link]",
    "ansi": "\x1b[2J\x1b]0;title\x07\x1b[31m",
    "eight-bit-csi": "\x9b31m",
    "bidi": "\u202egnp.exe\u2066",
    "newlines": "a\r\nb\u2028c\x85d",
    "backspace": "safe\b\b\b\bevil",
    "long": "N" * 10_000,
    "wide": "模" * 5_000,
    "accents": "e" + "\u0301" * 5_000,
    "emoji": ":warning: \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "html": "<img src=x onerror=alert(1)>",
    "table": "a|b|c`d`",
    "workflow-command": "::error file=app.js,line=1::planted",
    "folded-workflow-command": "N" * 20 + "::warning::planted" + " ::add-mask::planted" * 9,
    "pipeline-command": "a ##vso[task.setvariable variable=x]y##[error]z",
    "script-end": "</script><!--<script>alert(1)</script>",
    "formula": "=cmd|' /C calc'!A0",
    "formula-plus": "+1+cmd|' /C calc'!A0",
    "formula-minus": "-1+cmd|' /C calc'!A0",
    "formula-at": "@SUM(1+9)*cmd|' /C calc'!A0",
}
_CODE = re.compile(r"(?<!\\)`[^`\n]*`")
"""In Markdown, where nothing is a tag. A stranger's backticks have backslashes before them."""


@cache
def named(name: str) -> Report:
    return reports.attacked_report(name)


def harmful(text: str) -> list[str]:
    return [sign for sign in text if sign != "\n" and unicodedata.category(sign) in HARMFUL]


def test_every_section_of_a_report_is_there_to_be_attacked() -> None:
    report = reports.hostile()
    assert [name for name in report.__struct_fields__ if getattr(report, name) in (None, "", (), {})] == []


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_a_terminal_is_told_nothing_by_a_name(attack: str) -> None:
    text = terminal.RENDERER.render(named(attack), Surface(width=80, detail=True))
    assert harmful(text) == []
    assert max(cell_len(line) for line in text.splitlines()) <= 80


@pytest.mark.parametrize("attack", ["ansi", "eight-bit-csi", "markup"])
def test_colour_stays_the_renderers_own(attack: str) -> None:
    """Beside these names no colour could be anybody else's."""
    text = terminal.RENDERER.render(named(ATTACKS[attack]), Surface(width=80, colour=True, detail=True))
    assert not re.sub(r"\x1b\[[0-9;]*m", "", text).count("\x1b")


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_markdown_holds_no_html_and_no_broken_table(attack: str) -> None:
    text = markdown.RENDERER.render(named(attack), Surface(detail=True))
    assert "<" not in _CODE.sub("", text)
    tables = [
        {line.replace("\\|", "").count("|") for line in lines}
        for drawn, lines in groupby(text.splitlines(), key=lambda line: line.startswith("|"))
        if drawn
    ]
    assert all(len(bars) == 1 for bars in tables), "every row has the columns of its heading"
    assert set().union(*tables) <= {4, 5, 6, 7, 8, 10}


@pytest.mark.numbers
@settings(max_examples=40)
@given(NAMES)
def test_no_name_at_all_leaves_its_line(name: str) -> None:
    text = terminal.RENDERER.render(attacked(reports.ok(), name), SURFACE)
    assert max(cell_len(line) for line in text.splitlines()) <= 80


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_a_complaint_quotes_a_name_without_obeying_it(attack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    monkeypatch.setattr("sys.stderr", stream)
    say(WrongUse(f"{attack} is no model", hint=f"not {attack}"))
    stream.seek(0)
    told = stream.read()
    assert told.count("\n") == 2
    assert harmful(told) == []


def step(name: str) -> Progress:
    return Progress(phase="page", text=f"watching {name}", rung=name, elapsed_s=3.0)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_a_line_of_progress_quotes_a_name_without_obeying_it(attack: str) -> None:
    """Of a phase that has no words of its own: it is told in those of the step."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    live.telling(stream)(step(attack))
    stream.seek(0)
    told = stream.read()
    assert told.startswith("gapprof: watching ")
    assert told.count("\n") == 1
    assert harmful(told) == []


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_the_view_of_a_run_quotes_a_name_without_obeying_it(attack: str) -> None:
    text = printed(iter((live.frame(step(attack), named(attack), Ink(SURFACE)),)), SURFACE)
    assert "now: watching" in text
    assert "Provisional" in text
    assert harmful(text) == []
    assert max(cell_len(line) for line in text.splitlines()) <= SURFACE.width


def test_what_a_study_says_of_a_model_does_nothing_to_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its name is a file's, and why it has no row may quote one of its nodes."""

    def studying(*, say: Callable[[str], None], **_: object) -> NoReturn:
        say(f"1 of 1: {HOSTILE}\n::error::planted")
        raise EnvironmentUnusable("nothing is measured here", hint="")

    monkeypatch.setattr("gapprof.study.run.Studying", studying)
    monkeypatch.setattr("gapprof.assets.find_browser", lambda _: tmp_path)
    code = cli.run(["study", "--models", "zoo:resnet20", "--out", str(tmp_path / "out")])
    assert code is ExitCode.ENVIRONMENT_UNUSABLE
    told, _, rest = capsys.readouterr().err.partition("\n")
    assert told.startswith("1 of 1: ")
    assert harmful(told) == []
    assert "planted" not in rest
