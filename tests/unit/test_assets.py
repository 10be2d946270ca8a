"""What was fetched, what was given, and what the system has."""

import platform
from collections.abc import Callable
from pathlib import Path

import pytest

from gapprof import assets, places
from gapprof.errors import EnvironmentUnusable, WrongUse


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAPPROF_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts empty programs into a folder that is all of the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("GAPPROF_BROWSER", raising=False)

    def put(name: str) -> Path:
        path = folder / name
        path.write_text("#!/bin/sh\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    return put


def test_the_folders_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAPPROF_CACHE_DIR", str(tmp_path / "a"))
    monkeypatch.setenv("GAPPROF_STATE_DIR", str(tmp_path / "b"))
    assert (places.cache_dir(), places.state_dir()) == (tmp_path / "a", tmp_path / "b")


def test_what_is_kept_and_what_can_be_fetched_again_lie_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GAPPROF_CACHE_DIR", raising=False)
    monkeypatch.delenv("GAPPROF_STATE_DIR", raising=False)
    assert places.cache_dir() != places.state_dir()


@pytest.mark.parametrize("find", [assets.web_dist, assets.web_dist_118, assets.node, assets.dawn])
def test_what_was_not_fetched_sends_to_setup(cache: Path, find: Callable[[], Path]) -> None:
    with pytest.raises(EnvironmentUnusable) as caught:
        find()
    assert "gapprof setup" in caught.value.hint


def test_what_was_fetched_is_found(cache: Path) -> None:
    dist = places.web_packages() / "node_modules" / "onnxruntime-web" / "dist"
    dist.mkdir(parents=True)
    assert assets.web_dist() == dist


def test_a_machine_without_a_pinned_node_is_no_error_of_setup(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "system", lambda: "FreeBSD")
    with pytest.raises(EnvironmentUnusable, match="no pinned Node for FreeBSD") as caught:
        assets.node()
    assert "setup" not in caught.value.hint


def test_a_build_of_ones_own_is_taken_as_given(tmp_path: Path) -> None:
    for name in ("ort.min.mjs", "ort-wasm-simd-threaded.wasm"):
        (tmp_path / name).touch()
    assert assets.web_dist(str(tmp_path)) == tmp_path.resolve()
    assert assets.entry_point(tmp_path) == "ort.min.mjs"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ((), "holds none of onnxruntime-web's modules"),
        (("ort.min.mjs",), "holds no .wasm file"),
        (("ort-wasm-simd-threaded.wasm",), "holds none of onnxruntime-web's modules"),
    ],
)
def test_a_folder_that_is_no_build_is_wrong_use(tmp_path: Path, files: tuple[str, ...], said: str) -> None:
    for name in files:
        (tmp_path / name).touch()
    with pytest.raises(WrongUse, match=said):
        assets.web_dist(str(tmp_path))


def test_a_build_that_does_not_exist_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="not a folder"):
        assets.web_dist(str(tmp_path / "nothing"))


def test_the_smallest_module_is_preferred(tmp_path: Path) -> None:
    for name in ("ort.all.min.mjs", "ort.wasm.min.mjs", "ort.min.mjs"):
        (tmp_path / name).touch()
    assert assets.entry_point(tmp_path) == "ort.wasm.min.mjs"


def test_each_build_for_webgpu_has_a_module_of_its_own(tmp_path: Path) -> None:
    for name in ("ort.webgpu.bundle.min.mjs", "ort.all.min.mjs", "ort.wasm.min.mjs"):
        (tmp_path / name).touch()
    assert assets.gpu_entry_point(tmp_path, "asyncify") == "ort.webgpu.bundle.min.mjs"
    assert assets.gpu_entry_point(tmp_path, "jsep") == "ort.all.min.mjs"
    with pytest.raises(WrongUse, match="holds no jspi build"):
        assets.gpu_entry_point(tmp_path, "jspi")


def test_the_option_goes_before_the_variable_and_the_variable_before_the_system(
    cache: Path, program: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    installed, named, given = program("chromium"), program("mine"), program("other")
    assert assets.find_browser() == installed
    monkeypatch.setenv("GAPPROF_BROWSER", str(named))
    assert assets.find_browser() == named
    assert assets.find_browser(str(given)) == given


@pytest.mark.parametrize("name", ["google-chrome", "microsoft-edge", "chromium-browser"])
def test_any_chromium_will_do(cache: Path, program: Callable[[str], Path], name: str) -> None:
    browser = program(name)
    assert assets.find_browser() == browser


def test_the_fetched_browser_comes_last(cache: Path, program: Callable[[str], Path]) -> None:
    fetched = places.browser_package() / "chromium"
    fetched.parent.mkdir(parents=True)
    fetched.touch()
    assert assets.find_browser() == fetched
    installed = program("chromium")
    assert assets.find_browser() == installed


def test_without_any_browser_the_ways_to_get_one_are_named(
    cache: Path, program: Callable[[str], Path]
) -> None:
    with pytest.raises(EnvironmentUnusable) as caught:
        assets.find_browser()
    for way in ("gapprof setup", "apt-get install chromium", "--browser PATH"):
        assert way in caught.value.hint


def test_a_browser_that_does_not_exist_is_wrong_use(program: Callable[[str], Path]) -> None:
    with pytest.raises(WrongUse, match="--browser names /no/such"):
        assets.find_browser("/no/such")


def test_chrome_is_found_where_macos_keeps_it(
    cache: Path, program: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    chrome = tmp_path / "Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
    chrome.parent.mkdir(parents=True)
    chrome.touch()
    assert assets.find_browser() == chrome


def test_edge_is_found_where_windows_keeps_it(
    cache: Path, program: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Windows")
    monkeypatch.setenv("PROGRAMFILES(X86)", str(tmp_path))
    edge = tmp_path / "Microsoft/Edge/Application/msedge.exe"
    edge.parent.mkdir(parents=True)
    edge.touch()
    assert assets.find_browser() == edge


def test_of_the_builds_for_webgpu_in_a_folder_the_one_that_pages_get_comes_first(
    tmp_path: Path,
) -> None:
    with pytest.raises(WrongUse, match="holds no build of onnxruntime-web for WebGPU"):
        assets.webgpu_build(tmp_path)
    for entry, build in (
        ("ort.all.min.mjs", "jsep"),
        ("ort.jspi.bundle.min.mjs", "jspi"),
        ("ort.webgpu.min.mjs", "asyncify"),
    ):
        (tmp_path / entry).touch()
        assert assets.webgpu_build(tmp_path) == build
