"""Which leg is slower, the browser's or the native one, and how much of its calls' time is the browser's."""

from collections.abc import Mapping

import pytest

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.explain.report import build
from gapprof.records.report import Evidence, Report
from gapprof.records.settings import Settings
from tests.truth.recorder import record

NATIVE_MS = 10.0


def report(factors: Mapping[str, float], *, noise: float = 0.0, rounds: int = 6) -> Report:
    """`noise`: of launches; without any, figures are exactly what was planted."""
    latencies = ladder_ms(factors, native_ms=NATIVE_MS, backend="webgpu")
    machine = Machine(latency_ms=latencies, launch_noise=noise)
    return build(record(machine, Settings(backend="webgpu"), rounds=rounds))


def evidence(found: Report, cause: str, word: str) -> Evidence:
    row = next(one for one in found.causes if one.id == cause)
    return next(one for one in row.evidence if word in one.text)


def said(found: Report, cause: str, word: str) -> str:
    return evidence(found, cause, word).text


def value(found: Report, cause: str, word: str) -> float | None:
    return evidence(found, cause, word).value


@pytest.mark.parametrize(
    ("factors", "words"),
    [
        (
            {"web-session": 2.0},
            "Only the browser's leg is slower: onnxruntime-web takes 2.00x [",
        ),
        (
            {"replay-web": 1.5},
            "Only the browser's leg is slower: its calls alone, replayed there, take 1.50x [",
        ),
        ({"replay-web": 1.5, "web-session": 2.0}, "what its calls alone take there, which take 1.50x ["),
        ({"native-webgpu": 2.0}, "Of the two legs the native one is slower"),
    ],
    ids=["library", "calls", "both", "native"],
)
def test_the_leg_that_is_slower_is_named(factors: Mapping[str, float], words: str) -> None:
    assert words in said(report(factors), "library", "its own WebGPU provider")


def test_legs_whose_interval_holds_1_are_not_told_apart() -> None:
    found = report({}, noise=0.05)
    told = said(found, "library", "its own WebGPU provider")
    assert told.endswith("The native leg and the browser's cannot be told apart.")
    assert value(found, "library", "its own WebGPU provider") is None
    slower = value(report({"web-session": 2.0}), "library", "its own WebGPU provider")
    assert slower == pytest.approx(2.0, rel=0.02)


def test_what_the_browser_adds_to_the_calls_is_told_in_ms_beside_what_they_take_without_it() -> None:
    told = said(report({"replay-web": 2.0}), "gpu-abstraction", "its calls alone take")
    assert told.startswith("In the browser its calls alone take 20.0 ms: 10.")
    assert "come with the browser and the Dawn in it, 10.0" in told
    assert "they take without one as well" in told


def test_calls_that_take_as_long_without_a_browser_are_not_charged_to_it() -> None:
    told = said(report({}, noise=0.05), "gpu-abstraction", "its calls alone take")
    assert "the two cannot be told apart" in told


def test_a_safety_check_whose_interval_holds_1_is_unclear() -> None:
    found = report({"replay-native-no-robustness": 1 / 1.4})
    clamped = said(found, "gpu-abstraction", "Clamping indices")
    assert clamped.startswith("Clamping indices to their buffers alone costs 1.4")
    assert "unclear" not in clamped
    assert value(found, "gpu-abstraction", "Clamping indices") == pytest.approx(1.4, rel=0.02)
    noisy = report({}, noise=0.05)
    assert said(noisy, "gpu-abstraction", "Clamping indices").endswith(
        ", which is unclear: its interval holds 1."
    )
    assert value(noisy, "gpu-abstraction", "Clamping indices") is None


def test_one_round_alone_decides_nothing() -> None:
    found = report({"replay-web": 2.0, "replay-native-no-robustness": 1 / 1.4}, rounds=1)
    told = said(found, "library", "its own WebGPU")
    assert told.endswith("Which leg is slower one round alone does not tell.")
    assert "the two cannot be told apart" in said(found, "gpu-abstraction", "its calls alone take")
    clamped = said(found, "gpu-abstraction", "Clamping indices")
    assert clamped.endswith(", which is unclear: one round alone has no interval.")
    assert value(found, "gpu-abstraction", "Clamping indices") is None


def test_calls_that_take_less_in_the_browser_are_told_so() -> None:
    told = said(report({"replay-web": 0.5}), "gpu-abstraction", "its calls alone take")
    assert told.startswith("In the browser its calls alone take 5.00 ms, less than without one")
