"""How much is measured, and what is noted where that is little or nothing."""

from msgspec.structs import replace

from gapprof.explain.report import build
from gapprof.facts.scaling import STUDY
from gapprof.lattice.visits import ATTEMPTS
from gapprof.records.lattice import CellVisit, LatticePlan
from gapprof.records.recording import Note, Recording
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure, Trial
from gapprof.scaling.stage import FEWEST_ROUNDS, LONGEST_S, ROUNDS
from tests.truth.cells import studied


def plan_of(recording: Recording) -> LatticePlan:
    return next(recording.of(LatticePlan))


def notes(recording: Recording) -> list[str]:
    return [note.text for note in recording.of(Note)]


def test_every_cell_is_visited_once_a_round_in_another_order() -> None:
    recording = studied(lambda setting, number: 1.0)
    orders = [
        tuple(one.cell for one in recording.of(CellVisit) if one.round == number) for number in range(ROUNDS)
    ]
    cells = {one.cell for one in plan_of(recording).cells}
    assert all(len(order) == len(cells) and set(order) == cells for order in orders)
    assert len(set(orders)) == ROUNDS
    assert notes(recording) == []


def test_slow_models_are_visited_less_often_with_fewer_samples_and_it_is_said() -> None:
    recording = studied(lambda setting, number: 1.0, visit_s=LONGEST_S)
    assert plan_of(recording).rounds == FEWEST_ROUNDS
    assert any(f"{FEWEST_ROUNDS} rounds with fewer samples" in text for text in notes(recording))
    trials = [one.outcome for one in recording.of(CellVisit)]
    assert {len(one.requests_ms) for one in trials if isinstance(one, Trial) and one.rung == "web"} == {6}


def test_a_page_that_was_refused_leaves_a_note() -> None:
    refused = studied(lambda setting, number: 1.0, refusals={("chromium", "page", "quiet"): "no browser"})
    assert any("--scaling tells nothing" in text and "no browser" in text for text in notes(refused))
    assert build(refused).scaling is None


def test_a_side_that_was_refused_leaves_the_other() -> None:
    refused = studied(lambda setting, number: 1.0, refusals={("native", "isa", "full"): "no onnxruntime"})
    assert {one.cell.side for one in refused.of(CellVisit)} == {"web"}
    assert {one.refusal for one in plan_of(refused).cells if one.cell.side == "native"} == {"no onnxruntime"}
    assert build(refused).scaling is not None


def test_settings_say_whether_it_was_asked_for() -> None:
    assert not Settings().scaling
    assert build(studied(lambda setting, number: 1.0, settings=Settings(scaling=True))).settings.scaling


def test_what_fails_is_tried_again_and_then_left_alone() -> None:
    recording = studied(lambda setting, number: 1.0, failing="proxy")
    failed = [one for one in recording.of(CellVisit) if isinstance(one.outcome, Failure)]
    assert {one.cell.where for one in failed} == {"proxy"}
    assert {one.study for one in failed} == {STUDY}
    assert max(one.attempt for one in failed) < ATTEMPTS
    assert len({(one.round, one.cell) for one in failed}) == 2 * len({one.cell for one in failed})
    scaling = build(recording).scaling
    assert scaling is not None
    assert {row.why for row in scaling.cells if row.where == "proxy"} == {"it broke"}
    assert build(replace(recording, entries=recording.entries[:-1])).scaling is not None


def test_what_computes_something_else_is_visited_once_and_recommends_nothing() -> None:
    recording = studied(lambda setting, number: 1.0 / setting.threads, wrong_build="served")
    visits = [one for one in recording.of(CellVisit) if one.cell.side == "web"]
    assert len(visits) == len({one.cell for one in visits})
    scaling = build(recording).scaling
    assert scaling is not None
    for row in scaling.cells:
        assert (row.ms is None) == (row.side == "web")
        assert ("it computes something else" in row.why) == (row.side == "web")
    assert scaling.recommendation is None
