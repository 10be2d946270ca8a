"""The browser that `setup` fetches where apt cannot be used: it starts, and a model is measured in it."""

import platform
import subprocess
from pathlib import Path

import pytest

from gapprof import assets, places, setup
from gapprof.errors import ExitCode
from gapprof.reports import read_report
from tests.browser.aftermath import LOCK, PATIENCE_S
from tests.live.in_few_rounds import GAPPROF, HOW_MANY, surroundings


@pytest.mark.long
@pytest.mark.skipif(
    (platform.system(), platform.machine()) != ("Linux", "x86_64"), reason="it is built for Linux on x86-64"
)
def test_it_can_be_fetched_and_a_model_is_explained_in_it(
    model_folder: Path, temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In `make test` it is unpacked and started, a small one in its place (`unit/test_setup.py`)."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("GAPPROF_CACHE_DIR", str(tmp_path))
        source, target = places.probes_web() / "browser-package", places.browser_package()
        step = setup.BrowserPackage(source=source, target=target)
        setup.carry_out(setup.SetupPlan(steps=(step,)), lambda _: None)
        browser = assets.fetched_browser()
    assert browser is not None
    out = tmp_path / "report.json"
    command = [*GAPPROF, "explain", str(model_folder / "tiny.onnx"), "--browser", str(browser)]
    command += ["--rungs", "ends", "--budget", "1", "--allow-noisy", "--json", str(out)]
    done = subprocess.run(
        [*command, "--recording", str(tmp_path / "run.jsonl")],
        env=surroundings(TMPDIR=str(temporary), **{HOW_MANY: "1"}),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == ExitCode.OK, done.stderr[-2000:]
    report = read_report(out)
    assert "/153." in report.versions["browser"]
    assert report.latency_ms.web is not None
    assert {entry.name for entry in temporary.iterdir()} <= {LOCK}
