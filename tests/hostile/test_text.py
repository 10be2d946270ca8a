"""Names that attack: whatever a model, a page or a path is called, a report only shows it."""

import io
import re
import unicodedata
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len

from gapprof.errors import WrongUse
from gapprof.options.screen import say
from gapprof.records.report import Report
from gapprof.records.surface import Surface
from gapprof.render import markdown, terminal
from tests.unit.render import reports

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


def named(name: str) -> Report:
    report = reports.hostile()
    return replace(
        report,
        headline=f"{name} is slower",
        model=replace(report.model, name=name),
        operators=tuple(replace(row, name=name, op_type=name) for row in report.operators),
        warnings=(name,),
        what_ifs=tuple(replace(one, change=name) for one in report.what_ifs),
        checks=tuple(replace(check, text=name, concerns=name) for check in report.checks),
        page={"page": name, "work_ms_per_s": [{"name": name, "ms_per_s": 4.0}]},
    )


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_a_terminal_is_told_nothing_by_a_name(attack: str) -> None:
    text = terminal.RENDERER.render(named(attack), Surface(width=80, detail=True))
    assert not [
        sign for sign in text if sign != "\n" and unicodedata.category(sign) in {"Cc", "Cf", "Zl", "Zp"}
    ]
    assert max(cell_len(line) for line in text.splitlines()) <= 80


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_colour_stays_the_renderers_own(attack: str) -> None:
    text = terminal.RENDERER.render(named(attack), Surface(width=80, colour=True, detail=True))
    assert not re.sub(r"\x1b\[[0-9;]*m", "", text).count("\x1b")


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_markdown_holds_no_html_and_no_broken_table(attack: str) -> None:
    text = markdown.RENDERER.render(named(attack), Surface(detail=True))
    assert "<" not in text
    tables = [
        {line.replace("\\|", "").count("|") for line in lines}
        for drawn, lines in groupby(text.splitlines(), key=lambda line: line.startswith("|"))
        if drawn
    ]
    assert all(len(bars) == 1 for bars in tables), "every row has the columns of its heading"
    assert set().union(*tables) <= {4, 5, 7, 8}


@pytest.mark.numbers
@settings(max_examples=40)
@given(NAMES)
def test_no_name_at_all_leaves_its_line(name: str) -> None:
    text = terminal.RENDERER.render(named(name), Surface(width=80))
    assert max(cell_len(line) for line in text.splitlines()) <= 80


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_a_complaint_quotes_a_name_without_obeying_it(attack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    monkeypatch.setattr("sys.stderr", stream)
    say(WrongUse(f"{attack} is no model", hint=f"not {attack}"))
    stream.seek(0)
    told = stream.read()
    assert told.count("\n") == 2
    assert not [sign for sign in told if sign != "\n" and unicodedata.category(sign) in {"Cc", "Cf"}]
