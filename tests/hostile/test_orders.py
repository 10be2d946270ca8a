"""Names that are orders to whoever reads a text after gapprof: a build's log, a page, a spreadsheet."""

import csv
import io
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gapprof import live
from gapprof.gpu_kernels.report import kernels_of
from gapprof.markdown import study as studies
from gapprof.markdown.comparison import written
from gapprof.records.codec import decode_report, encode_document
from gapprof.records.gpu_yardstick import GpuKernels
from gapprof.records.report import Report
from gapprof.records.selftest import Selftest
from gapprof.records.study import Study
from gapprof.records.surface import Surface
from gapprof.records.tables import for_spreadsheets
from gapprof.records.yardstick import Kernels
from gapprof.render import json, markdown, terminal
from gapprof.terminal import comparison as comparisons
from gapprof.terminal import gate as gates
from gapprof.terminal import gpu_kernels as shader_tables
from gapprof.terminal import kernels as kernel_tables
from gapprof.terminal import qoe as qualities
from gapprof.terminal import selftest as selftests
from gapprof.text import names
from tests.hostile.test_documents import compared, judged
from tests.hostile.test_text import ATTACKS, named, step
from tests.unit.gpu_kernels.runs import run
from tests.unit.render.attacked import attacked
from tests.unit.selftest.test_text import PASSED, ROW

T = TypeVar("T")
PUBLISHED = Path(__file__).parents[2] / "reports"
COMMANDS = ("add-mask", "debug", "echo", "endgroup", "error", "group", "notice", "set-output", "warning")
ORDER = re.compile(rf"^\s*::(?:{'|'.join(COMMANDS)})\b|##\w*\[", re.MULTILINE | re.IGNORECASE)
"""What a runner of GitHub obeys at the beginning of a line, and agents of Azure and TeamCity anywhere."""
NARROW, WIDE = Surface(width=60, detail=True), Surface(width=140, detail=True)


def felt(attack: str) -> Report:
    """A published report whose every name in the section on quality is an attack."""
    report = _published("qoe/mobilenetv2.json", Report)
    found = report.qoe
    assert found is not None
    assert found.answers is not None
    return replace(
        report,
        model=replace(report.model, name=attack),
        warnings=(f"--qoe: {attack}", f"--qoe {attack}"),
        qoe=replace(
            found,
            why=attack,
            rows=tuple(replace(row, title=attack, unit=attack) for row in found.rows),
            answers=replace(found.answers, output=attack, web_where=attack),
            pages=tuple(
                replace(row, request_ms=None if row.page == "busier" else row.request_ms, why=attack)
                for row in found.pages
            ),
        ),
    )


def tuned(attack: str) -> Kernels:
    kernels = _published("kernels/mobilenetv2.json", Kernels)
    assert kernels.summary is not None
    return replace(
        kernels,
        why=attack,
        browser=attack,
        model=replace(kernels.model, name=attack),
        notes=(attack,),
        summary=replace(kernels.summary, program=None, program_ms=None, program_why=attack),
        rows=tuple(
            replace(row, op_type=attack, what=attack if number % 2 else "", why=attack, nodes=(attack,))
            for number, row in enumerate(kernels.rows)
        ),
    )


def studied(attack: str) -> Study:
    study = _published("study/study.json", Study)
    first, *others = (
        replace(
            one,
            model=attack,
            stem=names.file_stem(attack),
            browser=attack,
            gapprof_version=attack,
            status=one.status and "partial",
            status_why=attack,
            cells=tuple(replace(cell, cell=attack, why=attack) for cell in one.cells),
            kernels=tuple(replace(share, op_type=attack) for share in one.kernels),
            missing=dict.fromkeys(one.missing, attack),
        )
        for one in study.models
    )
    return replace(
        study,
        browsers=(attack,),
        gapprof_version=attack,
        machine=study.machine and replace(study.machine, cpu=attack, system=attack),
        models=(replace(first, status="", why=attack), *others),
    )


def shaded(attack: str) -> GpuKernels:
    return attacked(_shaders(), attack)


def planted(attack: str) -> Selftest:
    return attacked(replace(PASSED, status="failed", rows=(replace(ROW, status="fail"),)), attack)


def told(attack: str) -> str:
    """Lines of progress where nobody has a terminal."""
    stream = io.StringIO()
    live.telling(stream)(step(attack))
    return stream.getvalue()


TEXTS: dict[str, Callable[[str], str]] = {
    "terminal": lambda attack: terminal.RENDERER.render(named(attack), NARROW),
    "terminal-wide": lambda attack: terminal.RENDERER.render(named(attack), WIDE),
    "terminal-ascii": lambda attack: terminal.RENDERER.render(
        named(attack), Surface(width=60, detail=True, unicode=False)
    ),
    "markdown": lambda attack: markdown.RENDERER.render(named(attack), WIDE),
    "comparison": lambda attack: comparisons.drawn(compared(attack), NARROW),
    "comparison-markdown": lambda attack: written(compared(attack), detail=True),
    "gate": lambda attack: gates.drawn(judged(attack), NARROW),
    "kernels": lambda attack: kernel_tables.drawn(tuned(attack), NARROW),
    "qoe": lambda attack: qualities.drawn(felt(attack), NARROW),
    "qoe-markdown": lambda attack: markdown.RENDERER.render(felt(attack), WIDE),
    "study": lambda attack: studies.document(studied(attack)),
    "gpu-kernels": lambda attack: shader_tables.drawn(shaded(attack), NARROW),
    "selftest": lambda attack: selftests.drawn(planted(attack), NARROW),
    "progress": told,
}
DOCUMENTS: dict[str, Callable[[str], msgspec.Struct]] = {
    "report": named,
    "qoe": felt,
    "comparison": compared,
    "gate": judged,
    "kernels": tuned,
    "study": studied,
    "gpu-kernels": shaded,
    "selftest": planted,
}


@cache
def _shaders() -> GpuKernels:
    return kernels_of(run())


@cache
def _published(path: str, kind: type[T]) -> T:
    return msgspec.json.decode((PUBLISHED / path).read_bytes(), type=kind)


attacks = pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
ORDERS = {name: attack for name, attack in ATTACKS.items() if ":" in attack or "#" in attack}
"""A name that has neither is no order, wherever it stands: no text of gapprof's own is one."""


@pytest.mark.parametrize("attack", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_no_text_orders_a_build_about(text: Callable[[str], str], attack: str) -> None:
    assert ORDER.findall(text(attack)) == []


@attacks
@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_json_orders_nobody_about_and_says_the_name_as_it_is(
    document: Callable[[str], msgspec.Struct], attack: str
) -> None:
    found = document(attack)
    written_as = encode_document(found)
    text = written_as.decode()
    assert ORDER.findall(text) == []
    assert "</" not in text
    assert "<!--" not in text
    assert msgspec.json.decode(written_as) == msgspec.json.decode(msgspec.json.encode(found))


@attacks
def test_a_report_is_read_back_as_it_was_and_written_as_it_was(attack: str) -> None:
    text = json.RENDERER.render(named(attack), WIDE)
    again = decode_report(text.encode(), source="report.json")
    assert again == named(attack)
    assert json.RENDERER.render(again, WIDE) == text


@attacks
def test_a_spreadsheet_computes_no_name(attack: str) -> None:
    for table, frame in named(attack).to_pandas().items():
        renamed = frame.rename(columns=lambda column: f"{attack}{column}")
        for cells in csv.reader(io.StringIO(for_spreadsheets(renamed).to_csv(index=False))):
            computed = [cell for cell in cells if cell.startswith(tuple("=+-@\t\r")) and not _is_number(cell)]
            assert computed == [], table


def test_tables_have_names_as_the_model_has_them_and_numbers_stay_numbers() -> None:
    attack = ATTACKS["formula"]
    operators = named(attack).to_pandas()["operators"]
    assert set(operators["name"]) == {attack}
    quoted = for_spreadsheets(operators)
    assert set(quoted["name"]) == {f"'{attack}"}
    assert list(quoted["web_ms"]) == list(operators["web_ms"])


@given(
    st.lists(
        st.sampled_from([*COMMANDS, "::", ":", "##", "#", "[", "]", " ", "\n", "x", "vso", "N" * 30, "=1"])
    ).map("".join),
    st.integers(min_value=1, max_value=120),
)
def test_no_name_is_an_order_however_it_is_cut_or_folded(name: str, limit: int) -> None:
    for shown in (names.harmless(name, limit), names.sentence(name, limit)):
        assert not ORDER.search(shown)
        assert not re.search(rf"::(?:{'|'.join(COMMANDS)})(?: |::)", shown), (
            "folding may bring it to the left"
        )


@pytest.mark.parametrize("name", ["torch::nn::Linear_3", "aten::group_norm", "http://[::1]:8000/", "C## [x]"])
def test_a_name_that_only_looks_like_one_stays_as_it_is(name: str) -> None:
    assert names.harmless(name) == name


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
