"""A ceiling that only the loaded library's pages refuse is found out before any rung counts on it."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof.backends.native import BACKEND
from gapprof.guard import Guard
from gapprof.native.isa.host import why_not
from gapprof.native.isa.proof import Ceilings
from gapprof.records.settings import Settings
from tests.settings import QUIET
from tests.unit.native.other_library import planted

pytestmark = pytest.mark.skipif(why_not("128") is not None, reason=str(why_not("128")))

LOCKED = "tests.unit.native.locked_library"
SETTING = replace(QUIET, backend="native", isa="128", where="main")

Make = Callable[..., Ceilings]


@pytest.fixture
def ceilings(tmp_path: Path) -> Iterator[Make]:
    with Guard() as guard:
        yield lambda **how: Ceilings(guard=guard, cache_folder=tmp_path, **how)


@pytest.fixture
def without_cpuid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fresh processes find an onnxruntime whose library is another one, which asks CPUID nothing."""
    monkeypatch.setenv("PYTHONPATH", planted(tmp_path))


@pytest.mark.parametrize("isa", ["full", "avx2", "avx", "128"])
def test_this_machine_gives_what_its_processor_promises(isa: str, ceilings: Make) -> None:
    """A ceiling of AVX2 is none where there is nothing wider: what the cheap look says stays said."""
    assert ceilings().why_not(isa) == why_not(isa)


def test_pages_that_may_not_be_changed_are_a_reason_although_others_may(ceilings: Make) -> None:
    assert why_not("128") is None, "the cheap look finds nothing"
    assert "does not let a process change its own code" in str(ceilings(module=LOCKED).why_not("128"))


@pytest.mark.usefixtures("without_cpuid")
def test_a_library_that_asks_nothing_is_a_reason(ceilings: Make) -> None:
    assert "executes CPUID nowhere" in str(ceilings().why_not("128"))


@pytest.mark.skipif(why_not("avx") is not None, reason=str(why_not("avx")))
def test_each_ceiling_is_tried_once(ceilings: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    known = ceilings()
    assert known.why_not("128") is None
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert known.why_not("128") is None
    assert "did not survive its start under the ceiling (exit code 1)" in str(known.why_not("avx"))


def test_a_process_that_cannot_be_started_is_a_reason(
    ceilings: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert "could be started" in str(ceilings().why_not("128"))


@pytest.mark.usefixtures("without_cpuid")
def test_the_native_side_of_a_run_refuses_what_was_tried_in_vain() -> None:
    with Guard() as guard:
        backend = BACKEND.open(Settings(), guard)
        assert "executes CPUID nowhere" in str(backend.refuse(SETTING))
        assert backend.refuse(replace(SETTING, isa="full")) is None


def test_the_native_side_of_a_run_gives_what_works() -> None:
    with Guard() as guard:
        assert BACKEND.open(Settings(), guard).refuse(SETTING) is None
