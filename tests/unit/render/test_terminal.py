import pytest
from msgspec.structs import replace
from rich.cells import cell_len

from gapprof.digest.operators import drawn_ms
from gapprof.records.report import Report, RungRow
from gapprof.records.surface import Surface
from gapprof.render.terminal import RENDERER
from tests.unit.render import reports
from tests.unit.render.rows import about

WIDTHS = (80, 100, 120)


def drawn(report: Report, *, width: int = 80, detail: bool = False) -> str:
    return RENDERER.render(report, Surface(width=width, detail=detail))


def why_lines(text: str) -> list[str]:
    """The lines between the heading Why and the next empty line."""
    lines = text.splitlines()
    start = next(n for n, line in enumerate(lines) if line.split()[:1] == ["Why"])
    return lines[start + 1 : lines.index("", start)]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("detail", [False, True], ids=["short", "detailed"])
@pytest.mark.parametrize("kind", reports.EVERY)
def test_no_line_is_wider_than_the_terminal(kind: str, detail: bool, width: int) -> None:
    text = drawn(reports.EVERY[kind](), width=width, detail=detail)
    assert max(cell_len(line) for line in text.splitlines()) <= width


def test_the_verdict_comes_first_then_why_then_what_to_change_then_operators_then_doubts() -> None:
    text = drawn(reports.ok())
    places = [
        text.index(word) for word in ("7.3x slower", "Why", "What you can change", "Operators", "Doubts")
    ]
    assert places == sorted(places)


def test_causes_stand_in_the_order_of_their_rank() -> None:
    assert [line.split()[0] for line in why_lines(drawn(reports.ok(), width=120))][:4] == ["1", "2", "3", "4"]


def test_what_no_cause_claims_is_a_row_of_its_own() -> None:
    assert "Not explained by any cause" in why_lines(drawn(reports.ok(), width=120))[-1]
    assert "1.31x" in why_lines(drawn(reports.ok(), width=120))[-1]


def test_a_cause_that_cannot_apply_is_neither_a_row_nor_a_doubt() -> None:
    text = drawn(reports.ok(), width=120)
    assert not any("GPU" in line for line in why_lines(text))
    assert "The browser's GPU layer" not in text


def test_an_unclear_cause_says_so_in_letters_and_has_no_bar() -> None:
    row = next(line for line in why_lines(drawn(reports.ok(), width=120)) if "WebAssembly engine" in line)
    assert "unclear" in row
    assert "█" not in row


def test_a_cause_that_saves_says_so_in_letters() -> None:
    report = reports.ok()
    saving = replace(report.causes[2], verdict="saves", factor=about(0.91, 0.02))
    text = drawn(replace(report, causes=(*report.causes[:2], saving, *report.causes[3:])), width=120)
    assert "saves" in next(line for line in why_lines(text) if "0.91x" in line)


def test_where_no_share_can_be_given_the_verdict_is_a_word() -> None:
    report = reports.ok()
    causes = tuple(replace(cause, share=None) for cause in report.causes)
    gap = replace(report.gap, why="its interval holds 1, so no share of it is given")
    text = drawn(replace(report, causes=causes, gap=gap), width=120)
    assert "costs" in why_lines(text)[0]
    assert "The gap: its interval holds 1, so no share of it is given." in text


def test_an_empty_list_of_changes_says_that_it_is_empty() -> None:
    assert "Nothing that a page could change was tried" in drawn(replace(reports.ok(), actions=()))


def test_now_and_then_are_shown_with_their_basis() -> None:
    line = next(line for line in drawn(reports.ok(), width=120).splitlines() if "in a worker" in line)
    assert "25.9 → 23.6 ms" in line
    assert "measured" in line
    assert "your page" in line


def test_operators_are_those_that_lose_the_most_and_the_rest_is_summed() -> None:
    text = drawn(reports.ok(), width=120)
    assert "/features/features.0/conv" in text
    assert "/features/features.9/conv" not in text
    assert "4 more" in text


def test_the_closing_row_of_the_operators_is_no_operator() -> None:
    assert "weighting" not in drawn(reports.ok())
    assert "outside the operators" in drawn(reports.ok(), detail=True)


@pytest.mark.parametrize("kind", ["partial", "unreliable", "outputs-differ"])
def test_what_limits_the_report_is_said_right_after_the_verdict(kind: str) -> None:
    report = reports.EVERY[kind]()
    opening = " ".join(drawn(report, width=120).splitlines()[:4])
    assert f"{kind.replace('-', ' ').upper()}: {report.status_why}" in opening


def test_a_report_without_figures_says_why_and_shows_no_empty_tables() -> None:
    text = drawn(reports.failed())
    assert "no browser was found" in text
    assert "Why" not in text
    assert "Operators" not in text


def test_a_failed_check_is_the_first_doubt() -> None:
    text = drawn(reports.unreliable(), width=120)
    assert text.split("Doubts\n")[1].lstrip(" -").startswith("Failed check: another process used 31 %")


def test_profile_closure_and_observer_effect_are_always_said() -> None:
    text = " ".join(drawn(reports.ok()).split())
    assert "add up to 98 % natively and 99 % in the browser of an unprofiled run, after their" in text
    assert "taken at 82 % in the browser of what the profiler shows, by other runs" in text
    assert "(119 % in the browser before)" in text
    assert "Under the profiler a run takes 101 % natively and 103 % in the browser" in text


def test_detail_adds_children_contrasts_ladder_samples_and_cold_start() -> None:
    short, long = drawn(reports.ok()), drawn(reports.ok(), detail=True)
    for word in (
        "AVX-512 over AVX2",
        "Ladder",
        "refused: no Node",
        "Samples",
        "Start-up",
        "What if",
        "Checks",
    ):
        assert word not in short
        assert word in long


def test_no_id_of_a_rung_or_a_cause_is_shown_untranslated() -> None:
    text = drawn(reports.ok(), detail=True)
    for name in ("web-worker", "native-extended", "gpu-abstraction"):
        assert name not in text


def test_without_colour_there_is_no_escape_sequence() -> None:
    assert "\x1b" not in drawn(reports.ok(), detail=True)


def test_colour_only_adds_to_what_the_words_say() -> None:
    import re

    coloured = RENDERER.render(reports.ok(), Surface(width=100, colour=True))
    stripped = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert coloured != stripped
    assert [line.rstrip() for line in stripped.splitlines()] == drawn(reports.ok(), width=100).splitlines()


@pytest.mark.parametrize("kind", reports.EVERY)
def test_a_stream_that_knows_ascii_alone_gets_ascii_alone(kind: str) -> None:
    text = RENDERER.render(reports.EVERY[kind](), Surface(width=80, detail=True, unicode=False))
    assert text.isascii()


def test_a_rung_that_was_not_run_was_not_refused() -> None:
    idle = RungRow(
        id="web-baseline",
        title="Baseline tier",
        changes="flags",
        derived_from="web-worker",
        alias_of=None,
        latency_ms=None,
        refusal=None,
        why="not part of this run",
    )
    text = " ".join(
        drawn(replace(reports.ok(), rungs=(*reports.ok().rungs, idle)), width=200, detail=True).split()
    )
    assert "not run: not part" in text
    assert "refused: not part" not in text


def test_a_node_below_nothing_is_drawn_as_nothing() -> None:
    row = replace(reports.ok().operators[0], name="tiny", native_ms=-0.25, web_ms=-0.5, ratio=None)
    assert drawn_ms(row) == (0.0, 0.0)
    line = next(
        line for line in drawn(replace(reports.ok(), operators=(row,))).splitlines() if "tiny" in line
    )
    assert "-0.50" not in line


def test_what_the_gpu_did_has_a_table_of_its_own() -> None:
    text = drawn(reports.on_gpu(), width=120)
    lines = text.splitlines()
    conv = next(line for line in lines if "features.0/Conv" in line)
    assert "8.00 [7.76, 8.24]" in conv
    assert conv.split()[-5:] == ["99", "%", "2", "5.00", "GPU"]
    assert "dispatch" in next(line for line in lines if "head/Gemm" in line)
    assert any("no operator's" in line for line in lines)
    assert "one of 2 nodes (Relu)" in text
    told = " ".join(text.split())
    assert "Not on the GPU: alone (Det), with 1 copy between the two." in told
    assert "no operator's: 1 dispatch (Unknown)" in told


def test_who_ran_which_operator_and_where_to_file_it_follow() -> None:
    told = " ".join(drawn(reports.on_gpu(), width=120).split())
    assert "Where nodes run GPU CPU Det 0 1 Relu 2 0 all 2 1" in told
    assert "2 boundary crossings per run (1 from the GPU, 1 to it)" in told
    assert "caused by Det (1 node) of opset 17, cost 3.2" in told
    assert 'Where to file it File it with onnxruntime: "Kernels" makes a run 2.0x' in told
    assert "the CPU submits for 2.5" in told
