"""Making a program of the browser that comes as a package: it was packed for a machine that has nothing."""

import shutil
import tarfile
from pathlib import Path

from gapprof import places
from gapprof.errors import EnvironmentUnusable
from gapprof.fetch import run
from gapprof.guard import Guard

_PACKAGE = Path("node_modules/@sparticuz/chromium")

_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}/fonts</dir><cachedir>{folder}/fonts-cache</cachedir></fontconfig>
"""

_START = """#!/bin/sh
# Starts the browser beside this file with the system's fonts and libraries, or its own where there are none.
[ -e /etc/fonts/fonts.conf ] || export FONTCONFIG_FILE="{folder}/fonts.conf"
{libraries}exec "{folder}/browser/chromium" "$@"
"""
_LIBRARIES = 'export LD_LIBRARY_PATH="{folder}/libraries/lib${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"\n'


def unpack_browser(folder: Path, *, final: Path, guard: Guard) -> None:
    """Leave `chromium`, a script that starts it, in `folder`, which will be moved to `final`.

    Raises EnvironmentUnusable when it cannot be unpacked or does not start.
    """
    node = shutil.which("node")
    if node is None:
        raise EnvironmentUnusable("node is not on the PATH", hint="Install Node.js 20 or newer.")
    browser = folder / "browser"
    browser.mkdir()
    script = places.probes_web() / "browser-package" / "unpack.mjs"
    run((node, str(script), str(folder / _PACKAGE), str(browser)), guard=guard)
    for name, target in (("libraries", folder / "libraries"), ("fonts", folder), ("swiftshader", browser)):
        archive = browser / f"{name}.tar"
        _extract(archive, target)
        archive.unlink()
    shutil.rmtree(folder / "node_modules")
    (folder / "fonts.conf").write_text(_FONTS.format(folder=final), encoding="utf-8")
    missing = _missing_libraries(browser / "chromium", guard)
    # Once as it is to be started from here, to see that it runs, then as it will be started from there.
    _write_start(folder, folder, missing)
    run((str(folder / "chromium"), "--version"), guard=guard, deadline_s=60.0)
    _write_start(folder, final, missing)


def _write_start(folder: Path, runs_from: Path, missing: bool) -> None:
    start = folder / "chromium"
    libraries = _LIBRARIES.format(folder=runs_from) if missing else ""
    start.write_text(_START.format(folder=runs_from, libraries=libraries), encoding="utf-8")
    start.chmod(0o755)


def _missing_libraries(program: Path, guard: Guard) -> bool:
    """Whether the system lacks a library; its own are preferred, being newer."""
    ldd = shutil.which("ldd")
    if ldd is None:
        return True
    try:
        return "not found" in run((ldd, str(program)), guard=guard, deadline_s=60.0)
    except EnvironmentUnusable:
        return True


def _extract(archive: Path, target: Path) -> None:
    """Plain files only, and none outside `target`."""
    with tarfile.open(archive) as members:
        for member in members:
            content = members.extractfile(member) if member.isfile() else None
            path = (target / member.name).resolve()
            if content is None or not path.is_relative_to(target.resolve()):
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.read())
            path.chmod(member.mode & 0o755)
