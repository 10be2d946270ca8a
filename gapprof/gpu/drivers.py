"""Whether a GPU that the system shows has a driver that Vulkan's loader finds."""

import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from gapprof.examination import Finding
from gapprof.gpu.graphics import shown

_NAMED = ("VK_DRIVER_FILES", "VK_ICD_FILENAMES")
"""Where one of them is set the loader looks nowhere else; the second is the older name."""
_MANIFESTS = ("etc/vulkan/icd.d", "usr/local/share/vulkan/icd.d", "usr/share/vulkan/icd.d")
_LIBRARIES = (
    "lib",
    "lib64",
    "usr/lib",
    "usr/lib64",
    "usr/local/lib",
    "lib/*-linux-gnu",
    "usr/lib/*-linux-gnu",
)
_SOFTWARE = ("lvp", "llvmpipe", "lavapipe", "swiftshader")
_NVIDIA = "nvidia"
_MEND_NVIDIA = (
    "Install the Vulkan part of NVIDIA's driver (on Debian, as root: apt-get install nvidia-vulkan-icd); a "
    "container needs NVIDIA_DRIVER_CAPABILITIES=all."
)
_MEND_OTHER = "Install a Vulkan driver (on Debian, as root: apt-get install mesa-vulkan-drivers)."


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """A manifest that Vulkan's loader reads, and whether the library that it names is there."""

    manifest: str
    """The file's name."""
    library: str
    """Empty: the file cannot be read, or names none."""
    there: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the system shows of GPUs and of drivers for them."""

    devices: tuple[str, ...]
    """Device files, such as `/dev/nvidia0`."""
    drivers: tuple[Driver, ...]


def here(*, root: Path = Path("/")) -> Found:
    """Of this machine. Other systems than Linux bring what their browsers use: of them nothing is said."""
    if platform.system() != "Linux":
        return Found(devices=(), drivers=())
    devices = tuple(str(path) for path in shown(root / "dev"))
    folders = tuple(_library_folders(root))
    return Found(devices=devices, drivers=tuple(_driver(path, folders) for path in _manifests(root)))


def finding(found: Found) -> Finding | None:
    """Whether Vulkan can reach what is shown; None where no GPU is."""
    if not found.devices:
        return None
    nvidia = any(Path(device).name.startswith(_NVIDIA) for device in found.devices)
    device = ", ".join(found.devices)
    fitting = [one for one in found.drivers if _fits(one, nvidia=nvidia)]
    working = next((one for one in fitting if one.there), None)
    if working is not None:
        what = f"a Vulkan driver for {device}: {working.manifest} ({working.library})"
        return Finding(id="vulkan", status="ok", what=what)
    return Finding(
        id="vulkan",
        status="limited",
        what=f"{device} is a GPU, but {_why(fitting, found.drivers)}: WebGPU gets no adapter, or software",
        mend=_MEND_NVIDIA if nvidia else _MEND_OTHER,
    )


def _why(fitting: Sequence[Driver], drivers: Sequence[Driver]) -> str:
    if fitting:
        lost = ", ".join(f"{one.manifest} ({one.library or 'names no library'})" for one in fitting)
        return f"what its Vulkan driver needs is missing: {lost}"
    if drivers:
        return f"none of the Vulkan drivers here is for it: {', '.join(one.manifest for one in drivers)}"
    return "no Vulkan driver (ICD) was found where drivers are installed for all users"


def _fits(driver: Driver, *, nvidia: bool) -> bool:
    names = f"{driver.manifest} {driver.library}".lower()
    return _NVIDIA in names if nvidia else not any(word in names for word in _SOFTWARE)


def _manifests(root: Path) -> Iterator[Path]:
    named = next((value for name in _NAMED if (value := os.environ.get(name))), None)
    if named is not None:
        yield from (Path(path) for path in named.split(os.pathsep) if path)
        return
    for folder in _MANIFESTS:
        yield from sorted((root / folder).glob("*.json"))


def _library_folders(root: Path) -> Iterator[Path]:
    yield from (Path(path) for path in os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep) if path)
    for pattern in _LIBRARIES:
        yield from root.glob(pattern)


def _driver(manifest: Path, folders: Iterable[Path]) -> Driver:
    try:
        about = msgspec.json.decode(manifest.read_bytes(), type=dict[str, object])
        library = str(msgspec.convert(about.get("ICD"), dict[str, object]).get("library_path", ""))
    except (OSError, msgspec.MsgspecError):
        library = ""
    # With a slash it is a path, from the manifest's folder on; without one the loader asks the system for it.
    places = (manifest.parent,) if "/" in library else tuple(folders)
    there = bool(library) and any((place / library).exists() for place in places)
    return Driver(manifest=manifest.name, library=library, there=there)
