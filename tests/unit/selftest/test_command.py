"""`gapprof selftest` as a command: what it refuses at once, and what it leaves where it cannot measure."""

import json
from pathlib import Path
from typing import NoReturn, get_args, get_type_hints

import pytest

from gapprof import cli
from gapprof.commands.selftest import CODES
from gapprof.errors import EnvironmentUnusable, ExitCode
from gapprof.records.selftest import Selftest
from gapprof.selftest.chosen import every_plant
from gapprof.selftest.extent import QUICK, WHOLE, Extent
from gapprof.selftest.plant import CLEAN
from gapprof.selftest.whole import Wish


def run(*arguments: object) -> ExitCode:
    return cli.run([str(argument) for argument in arguments])


def test_a_json_file_that_cannot_be_written_is_known_before_anything_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = tmp_path / "selftest.jsonl"
    code = run("selftest", "--json", tmp_path / "nowhere" / "rows.json", "--recording", recording)
    assert code == ExitCode.WRONG_USE
    assert not recording.exists()
    assert "--json" in capsys.readouterr().err


def test_the_rows_are_never_written_over_the_recording(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "both"
    assert run("selftest", "--json", path, "--recording", path) == ExitCode.WRONG_USE
    assert "recording" in capsys.readouterr().err


def test_a_machine_that_lacks_something_ends_with_3_and_still_writes_the_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GAPPROF_CACHE_DIR", str(tmp_path / "empty"))
    monkeypatch.setattr("gapprof.selftest.run.looked_at", lambda *_, **__: pytest.fail("nothing to look for"))
    path, recording = tmp_path / "rows.json", tmp_path / "selftest.jsonl"
    code = run("selftest", "--quick", "--json", path, "--recording", recording)
    assert code == ExitCode.ENVIRONMENT_UNUSABLE
    report = json.loads(path.read_text(encoding="utf-8"))
    assert (report["schema"], report["status"], report["rows"]) == ("gapprof/selftest", "unusable", [])
    assert report["why"]
    assert capsys.readouterr().err.count("gapprof: ") >= 1


def test_every_status_ends_with_a_code_of_its_own() -> None:
    assert CODES.keys() == set(get_args(get_type_hints(Selftest)["status"]))
    assert len(set(CODES.values())) == len(CODES)
    assert [status for status, code in CODES.items() if code is ExitCode.OK] == ["passed"]


@pytest.mark.parametrize(
    ("arguments", "planted", "extent"),
    [
        ((), {plant.id for plant in every_plant()}, WHOLE),
        (
            ("--quick",),
            {"clean", "baseline-tier", "burning-page", "native-ceiling", "native-null"},
            QUICK,
        ),
    ],
)
def test_quick_plants_what_fits_into_four_minutes_and_the_whole_run_everything(
    arguments: tuple[str, ...],
    planted: set[str],
    extent: Extent,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One plant more is a longer round: these were chosen for their time, a kind of row each."""
    wishes: list[Wish] = []

    def remembered(wish: Wish, **_: object) -> NoReturn:
        wishes.append(wish)
        raise EnvironmentUnusable("nothing is measured here", hint="")

    monkeypatch.setattr("gapprof.selftest.whole.selftested", remembered)
    code = run("selftest", *arguments, "--quiet", "--recording", tmp_path / "selftest.jsonl")
    assert code == ExitCode.ENVIRONMENT_UNUSABLE
    (wish,) = wishes
    assert {plant.id for plant in wish.plants} == planted
    assert wish.plants[0].id == CLEAN
    assert wish.extent == extent
