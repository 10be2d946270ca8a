"""What WebGPU gets to work with: the browser's arguments and Dawn's environment, with a GPU and without one.

Arguments are wishes. Whom they led to, the adapter says (`gapprof.facts.adapters`).
"""

import os
import platform
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_ALWAYS = (
    "--enable-unsafe-webgpu",  # without it there is no adapter of software, and none on most of Linux
    "--enable-webgpu-developer-features",  # the adapter tells who it is, and timestamps are not coarsened
    "--ignore-gpu-blocklist",
)
_VULKAN = ("--enable-features=Vulkan",)
_SOFTWARE = (
    "--use-webgpu-adapter=swiftshader",
    "--use-vulkan=swiftshader",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)
_DEVICES = ("dri/renderD*", "nvidia[0-9]*", "dxg")
_MANIFEST = "vk_swiftshader_icd.json"
_LIBRARIES = "LD_LIBRARY_PATH"
_LIBRARY_FOLDERS = ("lib", "lib64", "share")


@dataclass(frozen=True, slots=True, kw_only=True)
class Graphics:
    """For one kind of adapter."""

    browser_args: tuple[str, ...]
    """In place of `--disable-gpu`."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Of the environment of a Node that runs Dawn."""


def here(browser: Path, *, devices: Path = Path("/dev")) -> Graphics:
    """For this machine: its GPU where the system shows one, else software that comes with the browser."""
    return hardware() if platform.system() != "Linux" or shown(devices) else software(browser)


def shown(devices: Path = Path("/dev")) -> tuple[Path, ...]:
    """Device files of GPUs, on Linux."""
    return tuple(path for pattern in _DEVICES for path in sorted(devices.glob(pattern)))


def hardware() -> Graphics:
    """For the machine's own GPU."""
    return Graphics(browser_args=_ALWAYS + (_VULKAN if platform.system() == "Linux" else ()))


def software(browser: Path) -> Graphics:
    """For SwiftShader, the same in browser and Dawn: that of the browser, where it can be found."""
    manifest = next(iter(_manifests(browser)), None)
    variables = _of_driver(manifest) if manifest else {}
    return Graphics(browser_args=_ALWAYS + _VULKAN + _SOFTWARE, variables=variables)


def _of_driver(manifest: Path) -> Mapping[str, str]:
    """Lead a Vulkan loader to this driver, and Dawn to the loader that the browser brings, if none else."""
    known = [path for path in (os.environ.get(_LIBRARIES), str(manifest.parent)) if path]
    return {
        "VK_ICD_FILENAMES": str(manifest),  # as loaders knew it before 1.3.207
        "VK_DRIVER_FILES": str(manifest),
        _LIBRARIES: os.pathsep.join(known),
    }


def _manifests(browser: Path) -> Iterator[Path]:
    """Of the browser's SwiftShader: beside the program, or where systems keep what belongs to it."""
    found = shutil.which(browser) or str(browser)
    for program in dict.fromkeys((Path(found).resolve(), Path(found).absolute())):
        roots = [program.parent]
        for prefix in program.parents[1:3]:
            roots += [prefix / folder / program.name for folder in _LIBRARY_FOLDERS]
        if platform.system() == "Darwin":
            roots += (program.parent.parent / "Frameworks").glob("*/Versions/*/Libraries")
        for root in roots:
            for place in (root, root / "swiftshader"):
                if (place / _MANIFEST).is_file():
                    yield place / _MANIFEST
