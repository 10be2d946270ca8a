"""A GPU that the system shows is of no use without a driver: machines that have one, and that have none."""

import json
import platform
from pathlib import Path

import pytest

from gapprof.gpu import drivers
from gapprof.gpu.drivers import Driver, Found

NVIDIA = Driver(manifest="nvidia_icd.json", library="libGLX_nvidia.so.0", there=True)
RADEON = Driver(manifest="radeon_icd.json", library="/usr/lib/libvulkan_radeon.so", there=True)
SOFTWARE = Driver(manifest="lvp_icd.json", library="libvulkan_lvp.so", there=True)
BROKEN = Driver(manifest="nvidia_icd.json", library="libGLX_nvidia.so.0", there=False)
CARD, RENDERER = "/dev/nvidia0", "/dev/dri/renderD128"


@pytest.mark.parametrize(
    ("device", "driver"), [(CARD, NVIDIA), (RENDERER, RADEON), (RENDERER, NVIDIA)], ids=str
)
def test_a_driver_for_the_gpu_is_named(device: str, driver: Driver) -> None:
    found = drivers.finding(Found(devices=(device,), drivers=(SOFTWARE, driver)))
    assert found is not None
    assert (found.status, found.mend) == ("ok", "")
    assert driver.manifest in found.what


@pytest.mark.parametrize(
    ("device", "there", "said", "mend"),
    [
        (CARD, (), "no Vulkan driver (ICD) was found", "nvidia-vulkan-icd"),
        (CARD, (SOFTWARE, RADEON), "none of the Vulkan drivers here is for it", "nvidia-vulkan-icd"),
        (CARD, (BROKEN,), "is missing: nvidia_icd.json (libGLX_nvidia.so.0)", "NVIDIA_DRIVER_CAPABILITIES"),
        (RENDERER, (SOFTWARE,), "none of the Vulkan drivers here is for it", "mesa-vulkan-drivers"),
        (RENDERER, (), "no Vulkan driver (ICD) was found", "mesa-vulkan-drivers"),
    ],
)
def test_a_gpu_without_a_driver_is_told_with_what_to_install(
    device: str, there: tuple[Driver, ...], said: str, mend: str
) -> None:
    found = drivers.finding(Found(devices=(device,), drivers=there))
    assert found is not None
    assert found.status == "limited"
    assert said in found.what
    assert mend in found.mend


def test_without_a_gpu_no_driver_is_missed() -> None:
    assert drivers.finding(Found(devices=(), drivers=())) is None


@pytest.mark.skipif(platform.system() != "Linux", reason="drivers are looked up on Linux alone")
@pytest.mark.parametrize(
    ("library", "file", "there"),
    [
        ("libGLX_nvidia.so.0", "usr/lib/x86_64-linux-gnu/libGLX_nvidia.so.0", True),
        ("libGLX_nvidia.so.0", "elsewhere/libGLX_nvidia.so.0", False),
        ("./beside.so", "usr/share/vulkan/icd.d/beside.so", True),
        ("../gone.so", "usr/share/vulkan/icd.d/gone.so", False),
    ],
)
def test_a_library_is_where_the_loader_looks_for_it(
    library: str, file: str, there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("VK_DRIVER_FILES", "VK_ICD_FILENAMES", "LD_LIBRARY_PATH"):
        monkeypatch.delenv(name, raising=False)
    manifest = tmp_path / "usr" / "share" / "vulkan" / "icd.d" / "a_icd.json"
    for path in (manifest, tmp_path / file, tmp_path / "dev" / "nvidia0"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    manifest.write_text(json.dumps({"ICD": {"library_path": library}}), encoding="utf-8")
    found = drivers.here(root=tmp_path)
    assert found.devices == (str(tmp_path / "dev" / "nvidia0"),)
    assert found.drivers == (Driver(manifest="a_icd.json", library=library, there=there),)


@pytest.mark.skipif(platform.system() != "Linux", reason="drivers are looked up on Linux alone")
@pytest.mark.parametrize("text", ["", "[]", '{"ICD": 3}', "{}"])
def test_a_manifest_that_names_no_library_is_no_driver(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = tmp_path / "broken_icd.json"
    manifest.write_text(text, encoding="utf-8")
    monkeypatch.setenv("VK_DRIVER_FILES", str(manifest))
    (driver,) = drivers.here(root=tmp_path).drivers
    assert driver == Driver(manifest="broken_icd.json", library="", there=False)
