"""The study's server: real processes, repeated by load from outside as cells are."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof.live import silent
from gapprof.measure.extra import Beyond
from gapprof.measure.journal import open_journal
from gapprof.measure.teller import Teller
from gapprof.measure.visits import ATTEMPTS, Patience
from gapprof.records.job import Chain, Job
from gapprof.records.lattice import Served
from gapprof.records.recording import Note
from gapprof.records.settings import Settings
from gapprof.records.subject import StagedModel, Subject
from gapprof.records.trial import Load
from gapprof.study.serving import Server, serving
from tests.unit.measure.extras import RECORDED, preflight
from tests.unit.native.models import plain_job

QUIET = Load(wall_ms=1000.0, machine_busy_ms=1000.0, own_cpu_ms=1000.0)
BUSY = replace(QUIET, machine_busy_ms=1500.0)


def written(folder: Path, visit: Callable[[Beyond], None], **changes: str) -> list[Served | Note]:
    """Entries of what is done with a model of which everything is there."""
    job: Job = replace(plain_job(folder), **changes)
    model = StagedModel(path=Path(job.model_path))
    subject = Subject(
        facts=RECORDED.begin.model,
        original=model,
        common=model,
        inputs_path=Path(job.inputs_path),
        other_inputs_path=Path(job.inputs_path),
        chain=Chain(path="chain.onnx", nodes=2, first_link_path="first_link.onnx"),
    )
    with open_journal(folder / "run.jsonl", RECORDED.begin) as journal:
        visit(
            Beyond(
                subject=subject,
                preflight=preflight(),
                teller=Teller(observer=silent, journal=journal),
                profiled=lambda step, number: None,
                backends={},
                outputs=folder,
            )
        )
        return [entry for entry in journal.recording().entries if isinstance(entry, Served | Note)]


def test_a_visit_is_one_fresh_process_with_the_load_beside_it(tmp_path: Path) -> None:
    """Without patience: whatever the machine does meanwhile is told, and nothing is repeated."""

    def visit(beyond: Beyond) -> None:
        serving(Settings(), scratch=tmp_path)(beyond, Patience(0.0))(3)

    (entry,) = written(tmp_path, visit)
    assert isinstance(entry, Served)
    assert (entry.round, entry.callers, entry.attempt, entry.struck) == (3, 4, 0, ())
    assert entry.load is not None
    assert entry.load.wall_ms >= 1500.0
    assert entry.ended_s - entry.started_s >= entry.load.wall_ms / 1e3
    assert entry.runs_per_s * entry.load.wall_ms / 1e3 >= entry.callers, "each of them at least once"


@pytest.mark.parametrize(
    ("loads", "patience_s", "struck"),
    [
        ([QUIET], 60.0, [False]),
        ([BUSY, QUIET], 60.0, [True, False]),
        ([BUSY, BUSY, BUSY], 60.0, [True, True, False]),
        ([BUSY], 0.0, [False]),
    ],
    ids=["quiet", "busy once", "never quiet", "no patience"],
)
def test_load_from_outside_strikes_a_visit_while_there_is_patience(
    tmp_path: Path, loads: list[Load], patience_s: float, struck: list[bool]
) -> None:
    seen: list[bool] = []
    patience = Patience(patience_s)

    def visit(beyond: Beyond) -> None:
        server = Server(beyond=beyond, scratch=tmp_path, seed=0, patience=patience)
        for attempt, load in enumerate(loads):
            seen.append(bool(server.struck_by(load, attempt, 2.0)))

    written(tmp_path, visit)
    assert seen == struck
    assert len(loads) <= ATTEMPTS
    assert patience.left_s == patience_s - 2.0 * sum(struck)


def test_a_model_that_cannot_be_served_is_one_note(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")

    def visit(beyond: Beyond) -> None:
        visited = serving(Settings(), scratch=tmp_path)(beyond, Patience(60.0))
        visited(0)
        visited(1)

    (note,) = written(tmp_path, visit, model_path=str(broken))
    assert isinstance(note, Note)
    assert note.text.startswith("the study's server: native onnxruntime cannot be served")
