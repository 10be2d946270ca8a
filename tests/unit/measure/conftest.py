"""What tests of whole runs share.

gapprof is imported when it is wanted, and not before a platform could be faked.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.measure.whole_run import Run


@pytest.fixture
def run(tmp_path: Path) -> "Run":
    """Measures on a given backend, each time in a folder of its own."""
    from tests.unit.measure.whole_run import measured_in

    return measured_in(tmp_path)
