"""What tests of a study share."""

from pathlib import Path

import pytest

from gapprof.study import run
from tests.unit.study.bench import Bench


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """By it every model of a study is measured."""
    made = Bench(tmp_path)
    monkeypatch.setattr(run, "explained", made.explained)
    return made
