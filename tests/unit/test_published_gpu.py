"""What is published of the GPU path: calls made again bit by bit; no figure of software is called a GPU's."""

import math
import re
from pathlib import Path

import pytest

from gapprof.facts.adapters import SOFTWARE_SENTENCE, is_software
from gapprof.recordings import read_run
from gapprof.records.calls import RecordedCalls
from gapprof.records.dispatches import TimedDispatches
from gapprof.records.estimate import Estimate
from gapprof.records.report import with_descendants
from gapprof.records.trial import Failure, Trial
from tests.scenarios.reading import REPORTS, check, report
from tests.scripts import script

COMMAND = script("reports/gpu.py")
GPU = REPORTS / "gpu"
EVERY = sorted(GPU.glob("*.jsonl"))
RECORDINGS = [path for path in EVERY if path.stem != COMMAND.ON_WEBGL]
"""On WebGPU: nothing replays WebGL's calls."""
REPLAYS = ("replay-native-unsafe", "replay-native", "replay-web")
CHAIN = (*REPLAYS, "web-session", "web-paced", "web")
STEPS = ("wgsl-safety", "browser-boundary", "library-work", "event-loop")
each = pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
each_of_all = pytest.mark.parametrize("recording", EVERY, ids=lambda path: path.stem)


@each_of_all
def test_a_recording_was_made_by_the_command_that_makes_it_anew(recording: Path) -> None:
    assert read_run(recording).begin.argv == COMMAND.command(recording.stem)


@each_of_all
def test_a_recording_names_no_folder_of_a_checkout_or_of_a_user(recording: Path) -> None:
    """Where the browser lies is told, as the browser says it."""
    text = recording.read_text(encoding="utf-8")
    assert not re.search(r"(?<![\w.])/(tmp|home|root|work|var|Users)/", text)


@each
def test_every_replay_read_back_what_was_recorded_and_noticed_a_spoilt_input(recording: Path) -> None:
    """One that did not is a failure. Their parts are made on the recorded and on a spoilt input in turn."""
    run = read_run(recording)
    assert [one.message for one in run.of(Failure)] == []
    replays = [one for one in run.of(Trial) if one.rung in REPLAYS]
    assert {one.rung for one in replays} == set(REPLAYS)
    for one in replays:
        assert one.parts is not None
        assert (one.parts.why, one.parts.differing_bytes) == ("", 0)
        assert one.parts.compared_bytes > 0
        assert one.parts.control_compared_bytes >= one.parts.control_differing_bytes > 0
        assert one.parts.proven_runs >= 1
    (timed,) = run.of(TimedDispatches)
    assert timed.timeline is not None, timed.why
    assert timed.timeline.compared_bytes > 0
    assert timed.timeline.differing_bytes == 0


@each_of_all
def test_outputs_are_native_s(recording: Path) -> None:
    one = check(report(f"gpu/{recording.stem}"), "outputs")
    assert (one.status, "native-cpu" in one.text) == ("pass", True)


@each
def test_a_report_is_whole(recording: Path) -> None:
    """Every rung of the chain has its time, and every step of it a cause with all of its parts."""
    found = report(f"gpu/{recording.stem}")
    assert found.status == "ok", found.status_why
    assert found.rounds >= 6
    latencies = {row.id: row.latency_ms for row in found.rungs}
    assert [name for name in CHAIN if latencies[name] is None] == []
    rows = {row.id: row for row in with_descendants(found.causes)}
    parts = [one for step in STEPS for one in (rows[step], *rows[step].children)]
    assert [one.id for one in parts if one.factor is None] == []
    assert {"upload", "submission", "read-back", "same-work"} <= rows.keys()
    assert {"before-first-submit", "submission-gaps", "after-submits"} <= rows.keys()
    section = found.gpu_operators
    assert section is not None
    assert section.gpu_ms is not None, section.why
    assert section.unnamed_ms is not None
    told = sum(row.gpu_ms.point for row in section.rows if row.gpu_ms is not None)
    assert told + section.unnamed_ms.point == pytest.approx(section.gpu_ms.point)


@each
def test_no_difference_is_told_whose_interval_holds_none(recording: Path) -> None:
    """A verdict stands on one side of 1; a sentence that gives a difference, on one side of 0 or of 1."""
    found = report(f"gpu/{recording.stem}")
    rows = tuple(with_descendants(found.causes))
    judged = [(row.id, row.verdict, row.factor) for row in rows if row.verdict in ("costs", "saves")]
    assert [name for name, verdict, factor in judged if factor is None or not beyond(verdict, factor)] == []
    sentences = [text for row in rows for text in (row.why, *(one.text for one in row.evidence))]
    clauses = [clause for text in sentences for clause in text.split("; ")]
    told = [
        (clause, intervals(clause), nothing)
        for clause in clauses
        for words, nothing in _TOLD.items()
        if re.search(words, clause) and not any(doubt in clause for doubt in _DOUBTS)
    ]
    assert [clause for clause, found, nothing in told if any(a <= nothing <= b for a, b in found)] == []


_TOLD = {
    r"^What a run writes, alone .* takes": 0.0,
    r"a replayed run is (shorter|longer) by": 0.0,
    r"on the built-in busy page .*x": 1.0,
}
"""Words that give a difference, and what an interval holds where there is none."""
_DOUBTS = ("whose interval does not hold 0", "one round alone", "its interval holds 1")


def beyond(verdict: str, factor: Estimate) -> bool:
    return factor.rounds > 1 and (factor.low > 1 if verdict == "costs" else factor.high < 1)


def intervals(text: str) -> list[tuple[float, float]]:
    """Of one round alone: what cannot be told apart from anything."""
    found = re.findall(r"\[(?:(-?[\d.]+), (-?[\d.]+)|one round)\]", text)
    return [(float(low), float(high)) if low else (-math.inf, math.inf) for low, high in found]


@each
def test_no_figure_of_software_is_called_a_gpu_s(recording: Path) -> None:
    """Whoever was asked was the same adapter; of software the first words say so, and nothing is claimed."""
    run, found = read_run(recording), report(f"gpu/{recording.stem}")
    (calls,) = run.of(RecordedCalls)
    software = is_software(calls.summary.adapter)
    adapters = [one.seen.adapter for one in run.of(Trial) if one.seen.adapter is not None]
    assert {is_software(one) for one in adapters} == {software}
    assert check(found, "adapter-same").status == "pass"
    assert found.headline.lower().startswith(SOFTWARE_SENTENCE.lower()) == software
    section = found.gpu_operators
    assert section is not None
    assert section.software == software
    assert section.where_to_file is not None
    text = recording.with_suffix(".md").read_text(encoding="utf-8")
    assert (f"Operators on the GPU ({SOFTWARE_SENTENCE})" in text) == software
    if software:
        assert found.gap.ratio is None
        assert {row.bound for row in section.rows} == {None}
        assert section.where_to_file.project is None


@pytest.mark.parametrize(
    ("recording", "part"), [("chain", "before-first-submit"), ("encoder", "wgsl-safety")]
)
def test_what_a_run_costs_beyond_doubt_is_found_in_rounds_that_differ(recording: str, part: str) -> None:
    """What the library does before a run's first submit, and what keeps shaders safe. Trials that tests make
    one of, and take for every round, have intervals without width. The first is 2 % of a run, about which it
    goes by the run whether that is called a cost; a planted one is (`tests/browser/test_gpu_library.py`)."""
    found = report(f"gpu/{recording}")
    one = next(row for row in with_descendants(found.causes) if row.id == part)
    assert one.factor is not None, one.why
    assert one.factor.rounds == found.rounds > 2
    assert 1 < one.factor.low < one.factor.point < one.factor.high


def test_what_keeps_shaders_safe_is_called_a_cost() -> None:
    rows = {one.id: one for one in with_descendants(report("gpu/encoder").causes)}
    assert rows["wgsl-safety"].verdict == "costs"


@pytest.mark.parametrize("page", sorted(GPU.glob("README.md")), ids=lambda path: path.stem)
def test_the_table_is_of_the_reports_and_says_first_where_software_was_asked(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text == "\n".join(COMMAND.table()) + "\n"
    names = [path.stem for path in EVERY]
    software = {name for name in names if check(report(f"gpu/{name}"), "adapter").status == "fail"}
    first = text.removeprefix("# On the GPU\n\n").partition("\n")[0]
    heading = f"**{SOFTWARE_SENTENCE[0].upper()}{SOFTWARE_SENTENCE[1:]}** ("
    assert first.startswith(heading) == bool(software)
    for name in names:
        rows = re.findall(rf"^\| \[{name}\]\({name}\.md\).*$", text, re.MULTILINE)
        assert ["| software |" in row for row in rows] == [name in software] * 2
        assert (name in first) == (name in software)


def test_on_webgl_a_report_has_all_that_can_be_had_without_replays() -> None:
    """Every rung in the browser, in rounds that differ, and who draws; what no replay tells apart says so."""
    found = report(f"gpu/{COMMAND.ON_WEBGL}")
    assert found.rounds >= 6
    assert (found.versions["build"], found.settings.backend) == ("webgl", "webgl")
    latencies = {row.id: row.latency_ms for row in found.rungs}
    for name in ("web-session", "web-paced", "web"):
        one = latencies[name]
        assert one is not None
        assert one.low < one.point < one.high
    adapter = check(found, "adapter")
    assert "WebGL" in adapter.text
    assert found.headline.lower().startswith(SOFTWARE_SENTENCE.lower()) == (adapter.status == "fail")
    rows = {row.id: row for row in with_descendants(found.causes)}
    assert (rows["gpu-abstraction"].verdict, rows["gpu-abstraction"].factor) == ("not-measured", None)
    assert "nothing replays WebGL's calls" in rows["gpu-abstraction"].why
    events = rows["event-loop"].factor
    assert events is not None
    assert events.rounds == found.rounds
    assert events.low < events.point < events.high


def test_there_are_a_cnn_an_encoder_products_of_matrices_and_a_chain_of_a_hundred_dispatches() -> None:
    assert {path.stem for path in EVERY} == set(COMMAND.TITLES)
    assert "Still to come" not in (GPU / "README.md").read_text(encoding="utf-8")
    calls = {path.stem: next(read_run(path).of(RecordedCalls)) for path in RECORDINGS}
    operators = {name: {node.op_type for node in one.placed} for name, one in calls.items()}
    assert "Conv" in operators["resnet20"]
    assert {"SkipLayerNormalization", "Softmax"} <= operators["encoder"]
    assert operators["matmul"] == {"MatMul"}
    assert calls["chain"].summary.runs[-1].dispatches == COMMAND.LINKS == 100
