"""The page's pure modules, tested in their own language by Node's own runner."""

import os
import subprocess
from pathlib import Path

import pytest

from gapprof import assets

TESTS = sorted((Path(__file__).parent / "page_modules").glob("*.test.mjs"))


@pytest.mark.parametrize("script", TESTS, ids=lambda path: path.name)
def test_the_module_keeps_its_claims(script: Path) -> None:
    done = subprocess.run(
        [assets.node(), "--test", "--test-force-exit", script],
        env=os.environ | {"PROBES_WEB": assets.probes_web().as_uri()},
        capture_output=True,
        text=True,
        timeout=300.0,
    )
    assert done.returncode == 0, done.stdout + done.stderr
