"""Recorder and replayer without a browser: on Dawn under Node, by Node's own runner."""

import os
import subprocess
from pathlib import Path

import pytest

from gapprof import assets
from gapprof.gpu import graphics

TESTS = sorted((Path(__file__).parent / "gpu_modules").glob("*.test.mjs"))


@pytest.mark.parametrize("script", TESTS, ids=lambda path: path.name)
def test_the_module_keeps_its_claims(script: Path) -> None:
    variables = {"PROBES_WEB": assets.probes_web().as_uri(), "DAWN": assets.dawn().as_uri()}
    done = subprocess.run(
        [assets.node(), "--test", "--test-force-exit", script],
        env=os.environ | variables | dict(graphics.here(assets.find_browser()).variables),
        capture_output=True,
        text=True,
        timeout=600.0,
    )
    assert done.returncode == 0, done.stdout + done.stderr
