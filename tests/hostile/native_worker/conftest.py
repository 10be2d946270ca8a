"""What the tests of the native worker share."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof.records.job import Job
from tests.unit.native.models import plain_job


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return plain_job(tmp_path)


@pytest.fixture
def endless(job: Job) -> Job:
    """A visit that would be timed for hours."""
    return replace(job, pace=replace(job.pace, samples=10**7))
