"""What a plant needs on disk: its page, and its build of onnxruntime-web."""

import shutil
from pathlib import Path

from msgspec.structs import replace

from gapprof import assets
from gapprof.records.settings import Settings
from gapprof.selftest.plant import SCALAR_118, Plant

_SCALAR_NAMES = {
    "ort-wasm.wasm": ("ort-wasm.wasm", "ort-wasm-simd.wasm"),
    "ort-wasm-threaded.wasm": ("ort-wasm-threaded.wasm", "ort-wasm-simd-threaded.wasm"),
}
"""onnxruntime-web asks for the build with SIMD by name where the browser has SIMD; here it gets the other."""


def settings_of(plant: Plant, folder: Path, *, seed: int) -> Settings:
    """As a user of `explain` would ask for it. EnvironmentUnusable for a build that was not fetched."""
    settings = replace(plant.settings, seed=seed)
    if plant.page:
        page = folder / "pages" / plant.id / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text(plant.page, encoding="utf-8")
        settings = replace(settings, page=str(page))
    if plant.web_dist == SCALAR_118:
        settings = replace(settings, web_dist=str(_scalar_dist(folder / "web-dist-scalar")))
    return settings


def _scalar_dist(folder: Path) -> Path:
    """1.18 as a site would serve it that kept the builds without SIMD alone."""
    if folder.is_dir():
        return folder
    source = assets.web_dist_118()
    module = assets.entry_point(source)
    (folder / module).parent.mkdir(parents=True)
    shutil.copyfile(source / module, folder / module)
    for build, names in _SCALAR_NAMES.items():
        for name in names:
            shutil.copyfile(source / build, folder / name)
    return folder
