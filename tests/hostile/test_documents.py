"""Strangers' names in comparisons, checks and configuration: shown, never obeyed."""

import re
import unicodedata

import pytest
from msgspec.structs import replace
from rich.cells import cell_len

from gapprof.budgets.judge import judge
from gapprof.comparison.build import compare
from gapprof.markdown.comparison import written
from gapprof.records.comparison import Comparison
from gapprof.records.gate import Gate, Limit
from gapprof.records.report import Report
from gapprof.records.surface import Surface
from gapprof.terminal import comparison as comparisons
from gapprof.terminal import gate as gates
from tests.hostile.test_text import ATTACKS
from tests.unit.render import reports


def named(name: str, *, cpu: str = "") -> Report:
    report = reports.ok()
    return replace(
        report,
        headline=name,
        status="partial",
        status_why=name,
        began_utc=name,
        tool=replace(report.tool, version=name),
        model=replace(report.model, name=name, sha256=name),
        machine=replace(report.machine, cpu=cpu or name),
        settings=replace(report.settings, page=name, browser_args=(name,), shapes={name: (1,)}),
        versions={"browser": name},
        causes=tuple(replace(row, id=name[:50] + row.id, title=name, why=name) for row in report.causes),
    )


def compared(attack: str) -> Comparison:
    second = named(attack, cpu=attack + "2")
    causes = tuple(
        replace(row, factor=row.factor and replace(row.factor, point=row.factor.high))
        for row in second.causes
    )
    return compare(replace(named(attack), settings=reports.ok().settings), replace(second, causes=causes))


def judged(attack: str) -> Gate:
    limits = [Limit(key=key, max=1.0, origin=attack) for key in ("total_ratio", "web_ms", "factor.simd")]
    report = named(attack)
    causes = tuple(replace(row, title=attack, why=attack, factor=None) for row in reports.ok().causes)
    return judge(replace(report, causes=causes), limits, rule="interval", allow_noisy=False)


def drawn(attack: str, surface: Surface) -> list[str]:
    return [comparisons.drawn(compared(attack), surface), gates.drawn(judged(attack), surface)]


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_a_terminal_is_told_nothing_by_a_name(attack: str) -> None:
    for text in drawn(attack, Surface(width=80, detail=True)):
        assert not [s for s in text if s != "\n" and unicodedata.category(s) in {"Cc", "Cf", "Zl", "Zp"}]
        assert max(cell_len(line) for line in text.splitlines()) <= 80


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_colour_stays_ours(attack: str) -> None:
    for text in drawn(attack, Surface(width=80, colour=True, detail=True)):
        assert not re.sub(r"\x1b\[[0-9;]*m", "", text).count("\x1b")


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_a_stream_that_knows_ascii_alone_gets_ascii_alone(attack: str) -> None:
    assert all(text.isascii() for text in drawn(attack, Surface(width=80, detail=True, unicode=False)))


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_markdown_holds_no_html_and_no_broken_table(attack: str) -> None:
    text = written(compared(attack), detail=True)
    assert "<" not in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {5}
