"""Fetching what is missing: planned first, whole or not at all, and one sentence when it fails."""

import json
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from gapprof import assets, places, setup
from gapprof.errors import EnvironmentUnusable
from gapprof.fetch import appearing, require_space, run, sole_fetcher
from gapprof.guard import Guard

LOCK_FILES = (
    places.probes_web() / "package-lock.json",
    places.probes_web() / "browser-package" / "package-lock.json",
)

NODE = shutil.which("node")


@pytest.fixture
def guard() -> Iterator[Guard]:
    with Guard() as on_duty:
        yield on_duty


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """A machine with an empty cache and an empty PATH; the call puts a program there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("GAPPROF_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("GAPPROF_BROWSER", raising=False)

    def put(name: str, script: str) -> Path:
        path = folder / name
        path.write_text(f"#!{sys.executable}\n{script}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    return put


GOOD_NPM = """
import pathlib
for name in ("onnxruntime-web", "onnxruntime-web-118"):
    pathlib.Path("node_modules", name, "dist").mkdir(parents=True)
"""


@pytest.mark.parametrize("lock_file", LOCK_FILES, ids=lambda path: path.parent.name)
def test_the_lock_file_pins_every_package_and_names_no_address(lock_file: Path) -> None:
    packages = json.loads(lock_file.read_text(encoding="utf-8"))["packages"]
    pinned = [entry for name, entry in packages.items() if name]
    assert pinned
    assert all(entry["integrity"].startswith("sha512-") for entry in pinned)
    assert not any("resolved" in entry for entry in pinned)


def test_the_pinned_node_is_new_enough_on_every_system() -> None:
    packages = json.loads(LOCK_FILES[0].read_text(encoding="utf-8"))["packages"]
    for name in assets.NODE_PACKAGES.values():
        assert int(packages[f"node_modules/{name}"]["version"].split(".")[0]) >= 24


def test_a_bare_machine_is_told_what_will_be_fetched_and_where(
    bare: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    plan = setup.plan_setup()
    assert [type(step) for step in plan.steps] == [setup.WebPackages, setup.BrowserPackage]
    for line, step in zip(plan.lines(), plan.steps, strict=True):
        assert "MB to fetch" in line
        assert str(step.target) in line
        assert step.target.is_relative_to(places.cache_dir())
    assert not places.cache_dir().exists()


def test_root_on_debian_gets_debians_browser(
    bare: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bare("apt-get", "")
    (tmp_path / "debian_version").touch()
    monkeypatch.setattr(setup, "_DEBIAN", tmp_path / "debian_version")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert isinstance(setup.plan_setup().steps[-1], setup.SystemPackage)


@pytest.mark.parametrize(
    ("user", "apt_get"),
    [pytest.param(1000, True, id="not root"), pytest.param(0, False, id="no apt-get")],
)
def test_whoever_may_not_use_apt_gets_the_packaged_browser(
    bare: Callable[[str, str], Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    user: int,
    apt_get: bool,
) -> None:
    if apt_get:
        bare("apt-get", "")
    (tmp_path / "debian_version").touch()
    monkeypatch.setattr(setup, "_DEBIAN", tmp_path / "debian_version")
    monkeypatch.setattr(os, "geteuid", lambda: user, raising=False)
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    assert isinstance(setup.plan_setup().steps[-1], setup.BrowserPackage)


PACKED = """
import io, pathlib, subprocess, tarfile

START = b'''#!/bin/sh
echo "Chromium 153 $LD_LIBRARY_PATH $FONTCONFIG_FILE"
'''
COMPRESS = '''
const { brotliCompressSync } = require("node:zlib");
require("node:fs").writeFileSync(process.argv[1], brotliCompressSync(require("node:fs").readFileSync(0)));
'''

def pack(name, content):
    subprocess.run(["node", "-e", COMPRESS, str(folder / name)], input=content, check=True)

def archive(**members):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name.replace("__", "../").replace("_", "/"))
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        tar.addfile(link)
    return made.getvalue()

folder = pathlib.Path("node_modules/@sparticuz/chromium/bin")
folder.mkdir(parents=True)
pack("chromium.br", START)
pack("al2023.tar.br", archive(lib_libnss3=b"library", __outside=b"harm"))
pack("fonts.tar.br", archive(fonts_Open=b"font"))
pack("swiftshader.tar.br", archive(libGLESv2=b"graphics"))
"""
"""As npm leaves the package of the browser; one member of an archive would leave its folder, and one is a
link."""


@pytest.mark.skipif(os.name != "posix", reason="what it unpacks is started by a shell")
def test_the_packaged_browser_is_unpacked_starts_from_where_it_lies_and_is_found(
    bare: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch, guard: Guard, tmp_path: Path
) -> None:
    """A small one in its place: `browser/test_packaged.py` fetches the one that is pinned."""
    (tmp_path / "bin" / "node").symlink_to(NODE or pytest.skip("no Node here"))
    bare("npm", PACKED)
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(assets, "installed_browser", lambda: None)
    step = setup.plan_setup().steps[-1]
    monkeypatch.setattr(setup, "require_space", lambda *_: None)
    setup.carry_out(setup.SetupPlan(steps=(step,)), lambda _: None)
    browser = assets.find_browser()
    folder = places.browser_package()
    assert browser == folder / "chromium"
    started = run((str(browser),), guard=guard, deadline_s=30.0)
    assert started.startswith(f"Chromium 153 {folder / 'libraries' / 'lib'}"), "the system has none of them"
    assert {path.name for path in folder.iterdir()} >= {"browser", "fonts", "fonts.conf", "libraries"}
    assert not [path for path in (tmp_path, *tmp_path.rglob("*")) if path.name in ("outside", "link")]
    assert not (folder / "node_modules").exists()
    assert str(folder / "fonts") in (folder / "fonts.conf").read_text(encoding="utf-8")
    assert [type(missing) for missing in setup.plan_setup().steps] == [setup.WebPackages]


def test_where_debians_archive_fails_the_reason_is_told(
    bare: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    bare("apt-get", "print('E: Unable to locate package chromium')\nraise SystemExit(100)")
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")  # no other browser to fetch there
    with pytest.raises(EnvironmentUnusable, match="the package archive does not have it"):
        setup.carry_out(setup.SetupPlan(steps=(setup.SystemPackage(),)), lambda _: None)


def test_where_debians_archive_fails_the_packaged_browser_is_tried(
    bare: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    bare("apt-get", "raise SystemExit(100)")
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    said: list[str] = []
    with pytest.raises(EnvironmentUnusable, match="npm is not on the PATH"):
        setup.carry_out(setup.SetupPlan(steps=(setup.SystemPackage(),)), said.append)
    assert any("@sparticuz/chromium" in line for line in said)


def test_where_no_browser_can_be_fetched_that_is_said(
    bare: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    bare("npm", GOOD_NPM)
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    monkeypatch.setattr(assets, "installed_browser", lambda: None)
    plan = setup.plan_setup()
    assert [type(step) for step in plan.steps] == [setup.WebPackages]
    with pytest.raises(EnvironmentUnusable, match="GAPPROF_BROWSER"):
        setup.carry_out(plan, lambda _: None)
    assert assets.web_dist().is_dir()


def test_a_browser_that_is_there_is_used(bare: Callable[[str, str], Path]) -> None:
    bare("microsoft-edge", "")
    assert [type(step) for step in setup.plan_setup().steps] == [setup.WebPackages]


def test_what_was_fetched_is_not_fetched_again(bare: Callable[[str, str], Path]) -> None:
    bare("chromium", "")
    bare("npm", GOOD_NPM)
    setup.carry_out(setup.plan_setup(), lambda _: None)
    assert setup.plan_setup() == setup.SetupPlan()


def test_no_script_of_any_package_is_run(bare: Callable[[str, str], Path], tmp_path: Path) -> None:
    bare("chromium", "")
    asked = tmp_path / "asked"
    bare("npm", f"{GOOD_NPM}\nimport sys\npathlib.Path({str(asked)!r}).write_text(' '.join(sys.argv))")
    setup.carry_out(setup.plan_setup(), lambda _: None)
    assert "ci --omit=dev --include=optional --ignore-scripts" in asked.read_text(encoding="utf-8")


def test_every_step_says_what_it_does(bare: Callable[[str, str], Path]) -> None:
    bare("chromium", "")
    bare("npm", GOOD_NPM)
    said: list[str] = []
    setup.carry_out(setup.plan_setup(), said.append)
    assert "onnxruntime-web 1.30.0" in said[0]
    assert "Dawn for Node (webgpu 0.6.2), which replays a page's WebGPU calls without a browser" in said[0]
    assert str(places.web_packages()) in said[-1]


def test_without_node_setup_goes_on_and_says_so(bare: Callable[[str, str], Path]) -> None:
    bare("chromium", "")
    bare("npm", GOOD_NPM)
    said: list[str] = []
    setup.carry_out(setup.plan_setup(), said.append)
    assert any("`engine` rungs will be refused" in line for line in said)
    assert any("WebGPU calls will be replayed in the browser only" in line for line in said)


def test_without_npm_one_sentence_says_what_to_install(bare: Callable[[str, str], Path]) -> None:
    bare("chromium", "")
    with pytest.raises(EnvironmentUnusable, match="npm is not on the PATH") as caught:
        setup.carry_out(setup.plan_setup(), lambda _: None)
    assert "Node.js" in caught.value.hint


@pytest.mark.parametrize(
    ("printed", "reason"),
    [
        ("npm error code ENOSPC", "the disk is full"),
        ("npm error code EINTEGRITY", "not what the lock file promises"),
        ("npm error code ENOTFOUND", "the package registry cannot be reached"),
    ],
)
def test_a_failed_fetch_says_why_and_leaves_nothing(
    bare: Callable[[str, str], Path], printed: str, reason: str
) -> None:
    bare("chromium", "")
    bare(
        "npm",
        f"import pathlib\npathlib.Path('node_modules').mkdir()\nprint({printed!r})\nraise SystemExit(1)",
    )
    with pytest.raises(EnvironmentUnusable, match=reason) as caught:
        setup.carry_out(setup.plan_setup(), lambda _: None)
    assert printed in caught.value.message
    assert "npm ci" in caught.value.hint
    assert [path.name for path in places.cache_dir().iterdir() if path.is_dir()] == []


def test_npm_that_fetches_too_little_is_not_believed(bare: Callable[[str, str], Path]) -> None:
    bare("chromium", "")
    bare("npm", "")
    with pytest.raises(EnvironmentUnusable, match="onnxruntime-web is not in what it fetched"):
        setup.carry_out(setup.plan_setup(), lambda _: None)
    assert not places.web_packages().exists()


def test_a_cache_that_cannot_be_written_is_one_sentence(
    bare: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bare("chromium", "")
    (tmp_path / "file").touch()
    monkeypatch.setenv("GAPPROF_CACHE_DIR", str(tmp_path / "file" / "cache"))
    with pytest.raises(EnvironmentUnusable, match="cannot be written") as caught:
        setup.carry_out(setup.plan_setup(), lambda _: None)
    assert "GAPPROF_CACHE_DIR" in caught.value.hint


def test_too_small_a_disk_is_found_before_fetching(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentUnusable, match="MB free"):
        require_space(tmp_path / "not" / "yet", 10**18)


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path, guard: Guard) -> None:
    target = tmp_path / "target"

    def interrupted() -> None:
        with appearing(target, guard=guard) as folder:
            (folder / "half").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []
    with appearing(target, guard=guard) as folder:
        (folder / "whole").touch()
    assert [path.name for path in target.iterdir()] == ["whole"]


def test_what_a_killed_fetch_left_is_cleared(tmp_path: Path) -> None:
    (tmp_path / "unfinished-0").mkdir()
    with sole_fetcher(tmp_path):
        assert not (tmp_path / "unfinished-0").exists()


def test_a_command_that_hangs_is_ended_with_its_children(guard: Guard) -> None:
    script = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(99.5)'])"
    with pytest.raises(EnvironmentUnusable, match=r"not done after 0\.5 s"):
        run((sys.executable, "-c", script), guard=guard, deadline_s=0.5)
    assert not [
        child for child in psutil.Process().children(recursive=True) if "99.5" in " ".join(child.cmdline())
    ]


def test_a_command_that_does_not_exist_is_one_sentence(guard: Guard) -> None:
    with pytest.raises(EnvironmentUnusable, match="cannot be started"):
        run(("/no/such/program",), guard=guard)


@pytest.mark.long
def test_the_pinned_packages_can_be_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAPPROF_CACHE_DIR", str(tmp_path))
    setup.carry_out(setup.plan_setup(), lambda _: None)
    assert assets.entry_point(assets.web_dist()) == "ort.wasm.min.mjs"
    assert assets.entry_point(assets.web_dist_118()) == "esm/ort.wasm.min.js"
    assert assets.node().is_file()
    assert assets.dawn().is_file()
