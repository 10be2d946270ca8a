"""`gapprof kernels RECORDING`: a table from what was recorded, and one sentence for what is no such thing."""

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from gapprof import cli
from gapprof.backends.synthetic import Machine, PlantedNode, ladder_ms
from gapprof.errors import ExitCode
from gapprof.facts.case import Case
from gapprof.facts.profiles import WEB, profile_of
from gapprof.recordings import read_run
from gapprof.records.codec import encode_entry
from gapprof.records.recording import Entry, Recording
from gapprof.records.settings import Settings
from gapprof.records.surface import Surface
from gapprof.records.trial import Profile
from gapprof.records.twins import TwinPlan, TwinRun, TwinTrial
from gapprof.terminal.kernels import drawn
from gapprof.yardstick.bench import _error
from gapprof.yardstick.predicted import library_ms
from gapprof.yardstick.report import kernels_of
from tests.truth.recorder import record
from tests.unit.facts.twins import with_twins

TWINS = {"conv": {"sse41": 2.5, "avx128": 2.0, "wasm": 2.2, "wasm-relaxed": 1.1}}
OLD_RUN = TwinRun(round=0, samples_us=(5e3, 5e3), error=1e-6, engine="Chrome/156", started_s=0.0, ended_s=1.0)
RUN = replace(OLD_RUN, copies_us=(400.0, 400.0))
SURFACE = Surface(width=1000)


def with_runs(recording: Recording, *runs: TwinRun) -> Recording:
    """Instead of those it has."""
    entries = tuple(one for one in recording.entries if not isinstance(one, TwinRun))
    return replace(recording, entries=(*entries, *runs))


def runs_of(*took_us: float) -> tuple[TwinRun, ...]:
    """One a round."""
    return tuple(replace(RUN, round=number, samples_us=(us, us)) for number, us in enumerate(took_us))


@pytest.fixture(scope="module")
def recording() -> Recording:
    machine = Machine(
        latency_ms=ladder_ms({"web-worker": 2.0}), nodes=(PlantedNode(name="conv", op_type="Conv"),)
    )
    found = with_twins(record(machine, Settings(threads=1), page_threads=1), TWINS)
    return replace(found, entries=(*found.entries, *runs_of(5e3, 5e3, 5e3)))


def saved(recording: Recording, path: Path) -> Path:
    path.write_bytes(b"".join(encode_entry(entry) for entry in (recording.begin, *recording.entries)))
    return path


def test_the_tuned_twin_is_the_faster_one(recording: Recording) -> None:
    (row,) = kernels_of(recording).rows
    assert row.tuned_ms == pytest.approx(1.1)
    assert row.twins_ms.keys() == TWINS["conv"].keys()


def test_a_prediction_is_the_share_of_a_run_that_tuned_kernels_leave(recording: Recording) -> None:
    """Kernels and twins are seen in the same rounds: a run of another pace has the same shares."""
    summary, web = kernels_of(recording).summary, profile_of(Case(recording), WEB)
    assert summary is not None
    assert web is not None
    around_ms = (web.marshalling_ms or 0.0) + (web.dispatch_ms or 0.0)
    left = (around_ms + 1.1) / (around_ms + web.kernels_ms)
    assert 0 < left < 0.5
    assert summary.predicted_ms == pytest.approx(summary.web_ms * left)


def test_a_kernel_that_takes_less_than_its_profiler_is_too_small_to_tell_and_saves_nothing(
    recording: Recording,
) -> None:
    def coarse(one: Entry) -> Entry:
        if not isinstance(one, Profile):
            return one
        return replace(one, dispatch_us_per_node=1e6, profiler_us_per_node=0.0)

    found = kernels_of(replace(recording, entries=tuple(map(coarse, recording.entries))))
    (row,) = found.rows
    assert row.too_small_to_tell
    assert row.available is None
    assert found.summary is not None
    assert found.summary.predicted_ms == found.summary.web_ms
    assert not kernels_of(recording).rows[0].too_small_to_tell


def test_tuning_took_what_its_visits_took(recording: Recording) -> None:
    """Targets of one visit share its time."""
    trial = next(one for one in recording.entries if isinstance(one, TwinTrial))
    visits = [
        replace(trial, round=-1, target=target, started_s=began, ended_s=began + 2.0)
        for began in (1.0, 5.0)
        for target in ("wasm", "wasm-relaxed")
    ]
    tuned = replace(recording, entries=(*recording.entries, *visits))
    assert kernels_of(tuned).tuning_s == pytest.approx(4.0)


def test_a_program_counts_whose_outputs_agree(recording: Recording) -> None:
    summary = kernels_of(recording).summary
    assert summary is not None
    assert summary.program_ms == pytest.approx(5.0)
    assert not summary.program_why


@pytest.mark.parametrize(
    ("error", "why"), [(0.3, "differ from native's by 3.0e-01"), (None, "cannot be compared")]
)
def test_a_program_whose_outputs_do_not_agree_is_no_result(
    recording: Recording, error: float | None, why: str
) -> None:
    entries = tuple(
        replace(one, error=error) if isinstance(one, TwinRun) else one for one in recording.entries
    )
    summary = kernels_of(replace(recording, entries=tuple(entries))).summary
    assert summary is not None
    assert summary.program_ms is None
    assert summary.program is None
    assert why in summary.program_why


def test_a_program_should_take_what_its_faster_twins_and_its_copies_take(recording: Recording) -> None:
    """The library's time is no part of it, however small a node is."""
    summary = kernels_of(recording).summary
    assert summary is not None
    assert summary.program_predicted is not None
    assert summary.program_over_predicted is not None
    assert summary.program_predicted.point == pytest.approx(1.1 + 0.4)
    assert summary.program_over_predicted.point == pytest.approx(5.0 / 1.5)
    assert summary.program_copies_ms == pytest.approx(0.4)


def test_a_program_runs_the_twin_that_was_faster_when_it_was_written(recording: Recording) -> None:
    """After the first round, whatever the next ones say."""
    entries = tuple(
        replace(one, times=tuple(replace(time, samples_us=(9e3,)) for time in one.times))
        if isinstance(one, TwinTrial) and one.round == 0 and one.target == "wasm-relaxed"
        else one
        for one in recording.entries
    )
    summary = kernels_of(replace(recording, entries=entries)).summary
    assert summary is not None
    assert summary.program_predicted is not None
    assert summary.program_predicted.point == pytest.approx(2.2 + 0.4)
    assert min(kernels_of(replace(recording, entries=entries)).rows[0].twins_ms.values()) == pytest.approx(
        1.1
    )


def faster_once(recording: Recording, number: int, target: str, us: float) -> Recording:
    """A twin of one target, in one round."""
    return replace(
        recording,
        entries=tuple(
            replace(one, times=tuple(replace(time, samples_us=(us,)) for time in one.times))
            if isinstance(one, TwinTrial) and (one.round, one.target) == (number, target)
            else one
            for one in recording.entries
        ),
    )


def test_the_round_that_chose_a_program_s_twins_does_not_count_in_what_it_should_take(
    recording: Recording,
) -> None:
    """It chose what was lucky in it."""
    lucky = kernels_of(faster_once(recording, 0, "wasm", 500.0)).summary
    assert lucky is not None
    assert lucky.program_predicted is not None
    assert lucky.program_predicted.point == pytest.approx(2.2 + 0.4), "chosen by 0.5 ms, and takes 2.2"
    assert lucky.program_predicted.rounds == 2


def test_of_two_rounds_one_is_left_which_is_no_prediction(recording: Recording) -> None:
    found = kernels_of(with_runs(recording, *runs_of(5e3, 5e3))).summary
    assert found is not None
    assert (found.program_predicted, found.program_over_predicted) == (None, None)
    assert "Predicted for the program" not in drawn(
        kernels_of(with_runs(recording, *runs_of(5e3, 5e3))), SURFACE
    )


@pytest.mark.parametrize(
    ("took_us", "verdict"),
    [
        ((1500.0, 1510.0), "prediction and measurement agree within 10 %."),
        ((1995.0, 2005.0), "prediction and measurement are 33 % apart."),
        ((995.0, 1005.0), "prediction and measurement are 50 % apart."),
        ((1400.0, 1750.0), "apart, and whether that is more than 10 % is unclear."),
    ],
)
def test_prediction_and_measurement_are_held_against_each_other(
    recording: Recording, took_us: tuple[float, ...], verdict: str
) -> None:
    shown = drawn(kernels_of(with_runs(recording, *runs_of(1450.0, *took_us))), SURFACE)
    (line,) = (one for one in shown.splitlines() if "Predicted for the program: " in one)
    assert verdict in line


@pytest.mark.parametrize(("times", "verdict"), [(1.0, "agree within 10 %."), (1.3, "are 30 % apart.")])
def test_the_library_s_prediction_is_held_against_the_program_that_ran(
    recording: Recording, times: float, verdict: str
) -> None:
    """A run of onnxruntime-web with our kernels, against the whole model with them."""
    summary = kernels_of(recording).summary
    assert summary is not None
    assert summary.library_predicted is not None
    assert summary.library_predicted.point == pytest.approx(summary.predicted_ms, rel=0.02)
    ran_us = 1e3 * times * summary.library_predicted.point
    found = kernels_of(with_runs(recording, *runs_of(ran_us * 0.999, ran_us, ran_us * 1.001)))
    assert found.summary is not None
    assert found.summary.program_over_library_predicted is not None
    assert found.summary.program_over_library_predicted.point == pytest.approx(times, rel=0.02)
    (line,) = (one for one in drawn(found, SURFACE).splitlines() if "Predicted for onnxruntime-web: " in one)
    assert f"prediction and measurement {verdict}" in line


def test_a_kernel_counts_in_a_round_as_the_others_chose_it() -> None:
    """A twin that was lucky once is not taken for that, and the library's kernel stays where it is faster."""
    web, lucky = {0: 10.0, 1: 10.0, 2: 10.0}, {0: 2.0, 1: 12.0, 2: 12.0}
    runs = dict.fromkeys(web, 20.0)
    assert library_ms(runs, 10.0, [(web, lucky)]) == {
        0: pytest.approx(20.0),
        1: pytest.approx(22.0),
        2: pytest.approx(22.0),
    }
    faster = dict.fromkeys(web, 5.0)
    assert library_ms(runs, 10.0, [(web, faster)]) == dict.fromkeys(web, pytest.approx(15.0))
    assert library_ms({0: 20.0}, 10.0, [(web, faster)]) == {}, "nobody else to choose"


def test_runs_that_copied_nothing_are_said_to_be_no_like_for_like(recording: Recording) -> None:
    """As all did before recordings of version 1.11."""
    old = kernels_of(with_runs(recording, OLD_RUN, replace(OLD_RUN, round=1)))
    assert old.summary is not None
    assert old.summary.program_copies_ms is None
    assert "the program's did not: some of the difference is that" in drawn(old, SURFACE)
    new = drawn(kernels_of(recording), SURFACE)
    assert "copies inputs in and outputs out, as onnxruntime-web's do (0.400 ms)" in new


def test_without_native_twins_the_table_is_there_and_says_what_it_lacks(recording: Recording) -> None:
    """As without llvmlite."""
    entries = tuple(
        one
        for one in recording.entries
        if not (isinstance(one, TwinTrial) and one.target not in ("wasm", "wasm-relaxed"))
    )
    found = kernels_of(replace(recording, entries=entries))
    assert found.status == "ok"
    assert found.summary is not None
    assert (found.summary.engine, found.summary.width, found.summary.encoding) == (None, None, None)
    assert found.rows[0].available is not None
    assert "there are no native twins here" in drawn(found, SURFACE)


@pytest.mark.parametrize("widest", ["avx512", "avx2"])
def test_widths_are_of_the_widest_instructions_that_a_processor_has(widest: str) -> None:
    machine = Machine(
        latency_ms=ladder_ms({"web-worker": 2.0}), nodes=(PlantedNode(name="conv", op_type="Conv"),)
    )
    twins = {"conv": {**TWINS["conv"], "avx2": 1.25, widest: 0.8}}
    summary = kernels_of(with_twins(record(machine, Settings(threads=1), page_threads=1), twins)).summary
    assert summary is not None
    assert summary.width is not None
    assert summary.width.point == pytest.approx(2.0 / 0.8)


def test_it_is_read_from_its_file(recording: Recording, tmp_path: Path) -> None:
    path = saved(recording, tmp_path / "run.jsonl")
    assert kernels_of(read_run(path)) == kernels_of(recording)
    assert cli.run(["kernels", str(path), "--quiet"]) == ExitCode.OK


@pytest.mark.parametrize("what", ["shape", "trial", "run", "copies"])
def test_a_damaged_recording_is_wrong_use(
    what: str, recording: Recording, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = []
    for entry in recording.entries:
        match entry:
            case TwinPlan() if what == "shape":
                nodes = tuple(replace(node, parts=('{"type":"gemm2"}',)) for node in entry.nodes)
                damaged.append(replace(entry, nodes=nodes))
            case TwinTrial() if what == "trial":
                damaged.append(
                    replace(entry, times=tuple(replace(one, samples_us=()) for one in entry.times))
                )
            case TwinRun() if what == "run":
                damaged.append(replace(entry, samples_us=(-1.0,)))
            case TwinRun() if what == "copies":
                damaged.append(replace(entry, copies_us=(-1.0,)))
            case _:
                damaged.append(entry)
    path = saved(replace(recording, entries=tuple(damaged)), tmp_path / "run.jsonl")
    assert cli.run(["kernels", str(path), "--quiet"]) == ExitCode.WRONG_USE
    assert "Traceback" not in capsys.readouterr().err


def test_a_recording_without_twins_has_no_table(tmp_path: Path) -> None:
    plain = record(Machine(), Settings(threads=1), page_threads=1)
    found = kernels_of(plain)
    assert found.summary is None
    assert found.rows == ()
    assert drawn(found, Surface()).startswith("This recording holds no twin kernels")


def test_what_is_no_number_is_no_agreement() -> None:
    good, bad = np.ones(3, np.float32), np.array([1, np.nan, 1], np.float32)
    assert _error({"a": good}, {"a": good}) == 0.0
    assert _error({"a": good}, {"a": 2 * good}) == pytest.approx(0.5)
    assert _error({"a": good, "b": bad}, {"a": good, "b": good}) is None
    assert _error({"a": good}, {"a": bad}) is None
    assert _error({"a": good}, {"a": good[:2]}) is None
    assert _error({"a": good[:0]}, {"a": good[:0]}) == 0.0
