"""`gapprof explain` with a browser that dies when it is started, or lives and never answers."""

import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from gapprof import cli
from gapprof.browser import visit
from gapprof.errors import ExitCode
from gapprof.records import schema
from tests.live.rounds import few_rounds

PATIENCE_S = 0.5
"""For a browser that says nothing, in the place of a minute."""


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("GAPPROF_STATE_DIR", str(tmp_path / "state"))
    with few_rounds():  # which looks at the cores for less long, too
        yield


@pytest.fixture
def mute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(visit, "START_S", PATIENCE_S)
    program = tmp_path / "mute"
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize(
    ("browser", "said"),
    [
        ("/bin/false", "the browser ended at start with exit code 1"),
        ("mute", f"the browser gave no DevTools address within {PATIENCE_S:g} s"),
    ],
    ids=["dies", "never answers"],
)
def test_it_is_one_sentence_and_a_hint_with_3_and_the_report_is_written(
    browser: str,
    said: str,
    request: pytest.FixtureRequest,
    model_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    written = tmp_path / "report.json"
    path = request.getfixturevalue(browser) if browser == "mute" else browser
    command = ["explain", str(model_folder / "tiny.onnx"), "--browser", path, "--json", str(written)]
    assert cli.run([*command, "--quiet"]) == ExitCode.ENVIRONMENT_UNUSABLE
    told = capsys.readouterr()
    sentence, hint = told.err.splitlines()
    assert sentence.startswith(f"gapprof: {said}")
    assert "--browser PATH" in hint
    assert "gapprof doctor" in hint
    document = json.loads(written.read_bytes())
    jsonschema.validate(document, json.loads(schema.schema_text()))
    assert document["status"] == "failed"
    assert said in document["status_why"]
