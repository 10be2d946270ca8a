"""What keeps the search for a node from beginning is written down; it never ends the run."""

from pathlib import Path

import numpy as np
import onnx

from gapprof.guard import Guard
from gapprof.live import silent
from gapprof.measure.extra import Beyond
from gapprof.measure.journal import open_journal
from gapprof.measure.teller import Teller
from gapprof.parting.stage import finding_the_parting
from gapprof.records.parting import Parting
from gapprof.records.settings import Settings
from tests.truth.recorder import check
from tests.unit.measure import extras
from tests.unit.parting.test_graph import model, node


def told(folder: Path, scratch: Path) -> Parting:
    """Outputs differ; the model and its inputs lie in the folder, if anywhere."""
    with Guard() as guard, open_journal(folder / "run.jsonl", extras.RECORDED.begin) as journal:
        journal.write(extras.preflight())
        journal.write(check("web-worker", difference=1.0, output="y"))
        finding_the_parting(Settings(backend="webgpu"), guard=guard, scratch=scratch)(
            Beyond(
                subject=extras.subject(folder),
                preflight=extras.preflight(),
                teller=Teller(observer=silent, journal=journal),
                profiled=lambda step, number: None,
                backends={},
                outputs=folder,
            )
        )
        return next(journal.recording().of(Parting))


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    assert "No such file" in told(tmp_path, tmp_path / "gone").why


def test_a_model_that_is_gone(tmp_path: Path) -> None:
    assert "No such file" in told(tmp_path, tmp_path).why


def test_inputs_that_cannot_travel_to_a_page(tmp_path: Path) -> None:
    onnx.save(model([node("Neg", ["x"], "y")]), tmp_path / "model.onnx")
    np.savez(tmp_path / "inputs.npz", x=np.array(["text"]))
    found = told(tmp_path, tmp_path)
    assert "cannot travel to a page" in found.why
    assert [one.check.output for one in found.between] == ["y"]
