"""What a browser and Dawn are started with, with a GPU and without one."""

import platform
from pathlib import Path

import pytest

from gapprof.browser.flags import command_line
from gapprof.gpu import graphics

pytestmark = pytest.mark.skipif(platform.system() != "Linux", reason="other systems always show a GPU")


def _browser(prefix: Path, manifest: str) -> Path:
    """A launcher in bin/, and the driver's manifest elsewhere."""
    program, driver = prefix / "bin" / "chromium", prefix / manifest / "vk_swiftshader_icd.json"
    for path in (program, driver):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    program.chmod(0o755)
    return program


def test_a_machine_that_shows_a_gpu_is_asked_for_it(tmp_path: Path) -> None:
    (tmp_path / "dri").mkdir()
    (tmp_path / "dri" / "renderD128").touch()
    found = graphics.here(Path("chromium"), devices=tmp_path)
    assert found == graphics.hardware()
    assert not any("swiftshader" in word for word in found.browser_args)
    assert not found.variables


def test_one_without_is_given_software(tmp_path: Path) -> None:
    found = graphics.here(Path("chromium"), devices=tmp_path)
    assert "--use-webgpu-adapter=swiftshader" in found.browser_args


@pytest.mark.parametrize("place", ["bin", "bin/swiftshader", "lib/chromium", "lib64/chromium"])
def test_dawn_is_led_to_the_browsers_own_driver_wherever_it_lies(
    tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/theirs")
    variables = graphics.software(_browser(tmp_path, place)).variables
    assert variables["VK_ICD_FILENAMES"] == str(tmp_path / place / "vk_swiftshader_icd.json")
    assert variables["LD_LIBRARY_PATH"] == f"/theirs:{tmp_path / place}"


def test_without_that_driver_dawn_looks_for_itself(tmp_path: Path) -> None:
    program = _browser(tmp_path, "share/elsewhere")
    assert not graphics.software(program).variables


def test_the_browser_keeps_its_gpu_where_it_is_to_use_it(tmp_path: Path) -> None:
    usual = command_line(Path("chromium"), profile=tmp_path)
    assert "--disable-gpu" in usual
    line = command_line(
        Path("chromium"),
        profile=tmp_path,
        graphics=graphics.hardware().browser_args,
        browser_args=("--enable-dawn-features=a", "--enable-dawn-features=b"),
    )
    assert "--disable-gpu" not in line
    assert "--enable-unsafe-webgpu" in line
    assert "--enable-dawn-features=a,b" in line
