"""The estimate where no ceiling works."""

import math
import platform
import subprocess
import sys
from collections.abc import Mapping

import msgspec
import pytest

from gapprof.native.estimate import _AUTOMATIC, _CORES_128, _times, measured_isa_ratio, width_on_arm64
from gapprof.native.gemm import SHAPES, GemmTimes
from gapprof.native.isa.ceiling import why_not
from gapprof.native.python import own_environment

OPENBLAS = "scipy-openblas"
TIMES_MS = {"": (1.0, 2.0, 4.0), "Nehalem": (2.0, 6.0, 5.0), "Prescott": (3.0, 4.0, 4.0)}
"""Core → best of a process, per shape: of the narrow ones now this is the better one, now that."""
PRODUCT = """
import hashlib, numpy
values = numpy.linspace(-1, 1, 512 * 512, dtype=numpy.float32).reshape(512, 512)
print(hashlib.sha256((values @ values).tobytes()).hexdigest())
"""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Instead of processes that time products: which core each was told to compute for, in order."""
    return processes(monkeypatch, TIMES_MS)


def processes(
    monkeypatch: pytest.MonkeyPatch, times_ms: Mapping[str, tuple[float, ...]], *, blas: str = OPENBLAS
) -> list[str]:
    told: list[str] = []

    def ran(command: list[str], *, env: Mapping[str, str], **_: object) -> subprocess.CompletedProcess[bytes]:
        told.append(env["OPENBLAS_CORETYPE"])
        said = msgspec.json.encode(GemmTimes(blas=blas, best_ms=times_ms[told[-1]]))
        return subprocess.CompletedProcess(command, 0, stdout=said)

    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(subprocess, "run", ran)
    return told


def test_narrow_kernels_are_held_against_the_wide_ones_shape_by_shape(asked: list[str]) -> None:
    """How much slower they are on a wide CPU, `benchmarks/narrow_kernels.py` prints."""
    estimate = measured_isa_ratio(deadline_s=60)
    assert estimate.ratio == pytest.approx(math.prod((2.0, 2.0, 1.0)) ** (1 / 3))
    assert estimate.by_round == pytest.approx((estimate.ratio,) * 3)
    assert "OpenBLAS" in estimate.why


def test_cores_are_visited_in_turn_whatever_the_user_set(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Prescott")
    measured_isa_ratio(deadline_s=60)
    assert asked == ["", "Nehalem", "Prescott"] * 3


def test_a_library_that_takes_no_notice_has_no_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    processes(monkeypatch, dict.fromkeys(TIMES_MS, (1.0, 2.0, 4.0)))
    estimate = measured_isa_ratio(deadline_s=60)
    assert (estimate.ratio, estimate.by_round) == (None, ())
    assert "took no notice" in estimate.why


def test_another_library_cannot_be_held(monkeypatch: pytest.MonkeyPatch) -> None:
    processes(monkeypatch, TIMES_MS, blas="accelerate")
    estimate = measured_isa_ratio(deadline_s=60)
    assert estimate.ratio is None
    assert "numpy uses accelerate here" in estimate.why


def test_a_real_process_times_every_shape() -> None:
    times = _times(_AUTOMATIC, 600)
    assert len(times.best_ms) == len(SHAPES)
    assert all(ms > 0 for ms in times.best_ms)
    assert "openblas" in times.blas.lower()


@pytest.mark.skipif(why_not("128") is not None, reason="needs an x86-64 CPU with more than 128 bits")
def test_a_real_process_takes_the_kernels_of_the_core_that_it_is_told() -> None:
    """Kernels of another width add up in another order, which the last bits of a product show."""
    digests = {core: digest(core) for core in (_AUTOMATIC, *_CORES_128)}
    assert digests[_AUTOMATIC] not in {digests[core] for core in _CORES_128}
    assert digests[_AUTOMATIC] == digest(_AUTOMATIC)


def digest(core: str) -> str:
    """Of a product's bytes, as computed by that core's kernels."""
    environment = {**own_environment(), "OPENBLAS_CORETYPE": core}
    done = subprocess.run(
        [sys.executable, "-c", PRODUCT],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return done.stdout


def test_the_deadline_holds_and_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    estimate = measured_isa_ratio(deadline_s=0.0)
    assert estimate.ratio is None
    assert "could not be timed" in estimate.why


def test_on_arm64_the_width_is_one_by_definition_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    estimate = measured_isa_ratio(deadline_s=0.0)
    assert estimate == width_on_arm64()
    assert estimate.ratio == 1.0
    assert "by definition" in estimate.why


def test_on_an_unknown_processor_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    estimate = measured_isa_ratio(deadline_s=60)
    assert estimate.ratio is None
    assert "riscv64" in estimate.why
