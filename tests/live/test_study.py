"""`gapprof study` over two models in real browsers, and its tables read back."""

import json
import math
from collections.abc import Mapping
from pathlib import Path

import pytest

from gapprof import cli
from gapprof.errors import ExitCode
from gapprof.explain.study import studied_model
from gapprof.markdown.study_table import factor, rate
from gapprof.recordings import read_run
from gapprof.records.lattice import CellOutputs, LatticePlan, Served
from gapprof.study.run import FIGURES, TABLES
from gapprof.study.stage import FEELINGS, LOOKS, STARTS
from tests.unit.study.reading import Tables, point, read_tables, row_of

MODELS = ("first", "second")
NOT_TOLD = "–"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory, model: Path) -> str:
    """The same small CNN under two names, as `--models` takes them."""
    asked = tmp_path_factory.mktemp("models")
    files = [asked / f"{name}.onnx" for name in MODELS]
    for file in files:
        file.write_bytes(model.read_bytes())
    return ",".join(map(str, files))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, models: str) -> Path:
    """A study of them, whole."""
    out = tmp_path_factory.mktemp("study")
    code = cli.run(["study", "--models", models, "--out", str(out), "--quiet"])
    assert code is ExitCode.OK
    return out


@pytest.fixture(scope="module")
def tables(folder: Path) -> Tables:
    return read_tables((folder / TABLES).read_text(encoding="utf-8"))


@pytest.mark.long
def test_every_table_has_both_models_with_all_of_their_figures(tables: Tables) -> None:
    assert len(tables) == 13
    for heading, rows in tables.items():
        assert len(rows) == 2, heading
        for row in rows:
            ours: Mapping[str, str] = {name: text for name, text in row.items() if "paper" not in name}
            missing = [name for name, text in ours.items() if NOT_TOLD in text]
            assert missing == [], (heading, row)


@pytest.mark.long
def test_figures_hang_together(folder: Path, tables: Tables) -> None:
    """Those of a table with each other and with what was recorded, whatever they are on this machine."""
    for name in MODELS:
        found = studied_model(read_run(folder / f"{name}.jsonl"), stem=name, paper_class="")
        clients, page = found.clients_per_server, found.predictions_per_s
        server = found.native_predictions_per_s
        assert clients is not None
        assert server is not None
        assert page is not None
        assert clients.point == pytest.approx(server.point / page.point)
        assert row_of(tables, "Clients and servers", name)["clients per server"] == rate(clients)
        assert row_of(tables, "SIMD and threads", name)["SIMD"] == factor(found.simd_gain)
        assert row_of(tables, "The gap", name)["one thread each"] == factor(found.gap_one_thread)
        memory = row_of(tables, "Memory, times the model's file", name)
        held, peak = (point(memory[f"page's process, {which}"]) for which in ("held", "peak"))
        assert peak >= 0.9 * held > 0
        assert point(memory["native, peak"]) >= 0.9 * point(memory["native, held"])


@pytest.mark.long
@pytest.mark.parametrize("name", MODELS)
def test_recordings_hold_all_rounds_and_every_comparison(folder: Path, name: str) -> None:
    recording = read_run(folder / f"{name}.jsonl")
    plan = next(recording.of(LatticePlan))
    assert {one.cell for one in recording.of(CellOutputs)} == {one.cell for one in plan.cells}
    assert {one.round for one in recording.of(Served) if not one.struck} == set(range(plan.rounds))
    assert (STARTS, LOOKS, FEELINGS) == (3, 3, 4)
    found = studied_model(recording, stem=name, paper_class="")
    assert all(one.outputs == "agree" and one.run_ms is not None for one in found.cells)
    assert found.component_worker_times is not None
    assert found.component_worker_times.rounds == FEELINGS
    assert found.clients_per_server is not None
    assert found.clients_per_server.rounds == plan.rounds
    assert found.visits == plan.rounds * (len(plan.cells) + 1)
    document = json.loads((folder / FIGURES).read_bytes())
    assert [one["stem"] for one in document["models"]] == list(MODELS)
    assert document["state"] == "whole"
    assert all(math.isfinite(one.run_ms.point) for one in found.cells if one.run_ms is not None)


@pytest.mark.long
def test_the_same_command_keeps_it_and_another_budget_is_refused(
    folder: Path, models: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}
    asked = ["study", "--models", models, "--out", str(folder)]
    assert cli.run(asked) is ExitCode.OK
    assert capsys.readouterr().err.count("is there from before") == 2
    assert cli.run([*asked, "--budget", "99"]) is ExitCode.WRONG_USE
    assert "--budget was 10.0, and is 99.0" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
