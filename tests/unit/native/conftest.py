"""What the tests of native share."""

from pathlib import Path

import pytest

from gapprof.records.job import Job
from tests.unit.native.models import plain_job


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A visit of a plain native rung, see `plain_job`."""
    return plain_job(tmp_path)
