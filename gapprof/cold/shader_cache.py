"""What Chromium keeps of a profile's shaders and pipelines: WebGPU's own cache, beside HTTP's and V8's."""

import shutil
import struct
from pathlib import Path

_CACHES = "*/DawnWebGPUCache"
_INDEX = "index"
_HEAD = struct.Struct("<IIi")
_MAGIC = 0xC103CAC3
"""Of Chromium's block files (net/disk_cache/blockfile/disk_format.h): magic, version, number of entries."""


def entries(profile: Path) -> int | None:
    """How many there are once no browser runs on the profile; None: in a form that is not known."""
    found = 0
    for index in profile.glob(f"{_CACHES}/{_INDEX}"):
        head = index.read_bytes()[: _HEAD.size]
        if len(head) < _HEAD.size:
            return None
        magic, _, count = _HEAD.unpack(head)
        if magic != _MAGIC or count < 0:
            return None
        found += count
    return found


def forget(profile: Path) -> None:
    """Leave the other caches alone. No browser may run on the profile."""
    for folder in profile.glob(_CACHES):
        shutil.rmtree(folder)
