"""The estimate where no ceiling works."""

import platform

import pytest

from gapprof.native.estimate import measured_isa_ratio, width_on_arm64
from gapprof.native.isa.ceiling import why_not


@pytest.mark.skipif(why_not("128") is not None, reason="needs an x86-64 CPU with more than 128 bits")
def test_narrow_kernels_are_slower_on_a_wide_cpu_whatever_the_user_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Prescott")
    estimate = measured_isa_ratio(deadline_s=600)
    assert estimate.ratio is not None, estimate.why
    assert 1.2 < estimate.ratio < 20
    assert "OpenBLAS" in estimate.why


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
