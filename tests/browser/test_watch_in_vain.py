"""Pages that run no model, or die: what is said of them, and what to do about it."""

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from gapprof.errors import EnvironmentUnusable, ModelUnusable
from gapprof.guard import Guard
from gapprof.records.settings import Settings
from gapprof.watch import listening
from gapprof.watch import page as watch
from tests.browser.watched_page import FOREVER, PREPARE, STAYS, given_up, heard

GivenUp = Callable[..., ModelUnusable]


@pytest.fixture
def told(site: Path, guard: Guard, tmp_path: Path) -> GivenUp:
    """What is said of a page with that script."""
    return functools.partial(given_up, site, guard=guard, workdir=tmp_path)


def test_a_page_that_creates_a_session_and_waits_says_so(told: GivenUp) -> None:
    error = told(f'{PREPARE}await ort.InferenceSession.create("./tiny.onnx"); {STAYS}')
    assert "created 1 session and ran none" in error.message
    assert "click" in error.hint


@pytest.mark.long
def test_a_page_with_other_webassembly_says_so(told: GivenUp) -> None:
    error = told(f"await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])); {STAYS}")
    assert "compiled WebAssembly, but none of onnxruntime-web" in error.message
    assert "MODEL" in error.hint


def test_a_file_of_the_page_that_is_not_there_is_named(told: GivenUp) -> None:
    """A module that cannot be loaded keeps all others from running, as if there were none."""
    error = told(
        f'import "./lost/thing.mjs"; {PREPARE}{FOREVER}',
        page=f'<!doctype html><script type=module src=app.mjs onerror="{STAYS}"></script>',
    )
    assert "compiled no WebAssembly" in error.message
    assert "MODEL" in error.hint
    assert "lost/thing.mjs" in error.hint


def test_a_model_that_the_library_refuses_is_no_missing_library(told: GivenUp, site: Path) -> None:
    (site / "broken.onnx").write_bytes(b"not a model at all")
    create = 'ort.InferenceSession.create("./broken.onnx")'
    error = told(f"{PREPARE}await {create}.catch(() => {{ {STAYS} }});")
    assert "was refused its model" in error.message


@pytest.mark.long
def test_a_library_without_a_session_is_no_missing_library(told: GivenUp) -> None:
    """Its model is never answered for."""
    late = f"""
const own = globalThis.fetch;
globalThis.fetch = (what, how) => {{
  if (!String(what).endsWith(".onnx")) return own(what, how);
  {STAYS}
  return new Promise(() => {{}});
}};
"""
    error = told(f'{PREPARE}{late}await ort.InferenceSession.create("./tiny.onnx");')
    assert "started onnxruntime-web and created no session" in error.message


def test_a_page_that_hangs_is_told_as_such(told: GivenUp, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it is asked, it gives no answer."""
    monkeypatch.setattr(listening, "_BUSY_S", 0.2)
    error = told(f"setTimeout(() => {{ {STAYS} for (;;); }}, 100);")
    assert "compiled no WebAssembly" in error.message


def test_a_page_that_dies_is_told_as_such(site: Path, guard: Guard, tmp_path: Path) -> None:
    hoard = "setTimeout(() => { const a = []; for (;;) a.push(new Array(1e5).fill({})); }, 100)"
    with pytest.raises(ModelUnusable, match=r"renderer ended|out of memory"):
        heard(site, hoard, guard=guard, workdir=tmp_path, js_flags=("--max-old-space-size=40",))


def test_a_page_that_is_not_there_is_nobodys_model(guard: Guard, tmp_path: Path) -> None:
    settings = Settings(page="http://127.0.0.1:1/")
    with pytest.raises(EnvironmentUnusable, match="could not be opened") as told:
        watch.watched(settings, guard=guard, workdir=tmp_path, observer=lambda _: None)
    assert "Open the address in a browser" in told.value.hint
