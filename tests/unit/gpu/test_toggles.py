"""Switches of Dawn's, in both places' words, and what proves them."""

import pytest
from msgspec.structs import replace

from gapprof.gpu.toggles import (
    DEFAULT,
    SAFETY,
    UNSAFE,
    browser_args,
    dawn_options,
    idle,
    proofs,
    without,
)
from gapprof.records.gpu import Toggles
from gapprof.records.gpu_wire import GpuToggled
from tests.unit.gpu.written import SWIFTSHADER

SAFE = GpuToggled(
    adapter=SWIFTSHADER,
    over_the_limit="Dispatch workgroup count X (65536) exceeds ...",
    read_outside=1063,
    planted_outside=1100,
    timestamps_ns=(0.0, 40961.0, 40999.0, 81000.0),
    leftovers=0,
    workgroups=64,
)
BARE = replace(SAFE, over_the_limit="", read_outside=1100, leftovers=60)


def test_both_places_get_the_same_words() -> None:
    toggles = without("validation", "bounds")
    assert dawn_options(toggles) == (
        "enable-dawn-features=skip_validation,disable_robustness",
        "disable-dawn-features=timestamp_quantization",
    )
    assert browser_args(toggles) == tuple(f"--{word}" for word in dawn_options(toggles))
    assert dawn_options(Toggles()) == ()


def test_what_was_asked_for_and_seen_works() -> None:
    assert all(proof.works for proof in proofs(DEFAULT, SAFE))
    assert all(proof.works for proof in proofs(UNSAFE, BARE))


@pytest.mark.parametrize("name", SAFETY)
def test_a_switch_that_changed_nothing_is_found_out(name: str) -> None:
    found = {proof.toggle: proof.works for proof in proofs(without(name), SAFE)}
    # Clean memory may be clean by chance, so that one is not known.
    assert found[SAFETY[name]] is (None if name == "zero-init" else False)
    assert sum(works is True for works in found.values()) == 3


@pytest.mark.parametrize("name", SAFETY)
def test_a_safety_that_is_missing_without_being_asked_away_is_found_out(name: str) -> None:
    asked = [other for other in SAFETY if other != name]
    found = {proof.toggle: proof.works for proof in proofs(without(*asked), BARE)}
    assert found[SAFETY[name]] is False


@pytest.mark.parametrize("name", ["validation", "bounds"])
def test_a_switch_without_effect_is_a_sentence_with_what_was_seen(name: str) -> None:
    said = idle(proofs(without(name), SAFE))
    assert said is not None
    assert said.startswith(f"Dawn's {SAFETY[name]} was asked for, and yet ")


def test_a_safety_that_is_missing_by_default_is_a_sentence_as_well() -> None:
    said = idle(proofs(DEFAULT, replace(SAFE, over_the_limit="")))
    assert said is not None
    assert "skip_validation was not asked for, and yet" in said
    assert "was let through" in said


def test_what_may_be_as_it_was_asked_for_is_not_refused() -> None:
    """Clean memory may be clean by chance, and how coarse the clock is keeps no shader safe."""
    coarse = replace(SAFE, timestamps_ns=(0.0, 65536.0, 65536.0, 262144.0))
    assert idle(proofs(without("zero-init"), SAFE)) is None
    assert idle(proofs(DEFAULT, coarse)) is None
    assert idle(proofs(UNSAFE, BARE)) is None


def test_a_coarse_clock_is_seen_by_its_steps() -> None:
    coarse = replace(SAFE, timestamps_ns=(0.0, 65536.0, 65536.0, 262144.0))
    assert proofs(DEFAULT, coarse)[-1].works is False
    assert proofs(Toggles(), coarse)[-1].works is True
    assert proofs(Toggles(), SAFE)[-1].works is None
    assert proofs(DEFAULT, replace(SAFE, timestamps_ns=()))[-1].works is None
