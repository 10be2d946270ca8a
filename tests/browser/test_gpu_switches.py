"""Switches of Dawn, in a real browser and in Dawn for Node: each does what it says, as behaviour shows."""

import pytest
from msgspec.structs import replace

from gapprof.gpu import replayed, toggles
from gapprof.gpu.proving import proving_switches
from gapprof.gpu.visited import empty_job
from gapprof.records.settings import Settings
from tests.browser.gpu_places import Places


@pytest.mark.parametrize(
    ("where", "name"),
    [
        pytest.param(where, name, marks=pytest.mark.long if where == "browser" and name != "bounds" else ())
        for where in ("browser", "node")
        for name in toggles.SAFETY
    ],
)
def test_a_safety_switch_does_what_it_says_and_nothing_else(places: Places, where: str, name: str) -> None:
    place = places.browser if where == "browser" else places.node
    wanted = toggles.without(name)
    proofs = toggles.proofs(wanted, replayed.behaviour(place, wanted))
    assert [proof.toggle for proof in proofs if proof.works is not True] == []
    assert [proof.toggle for proof in proofs if proof.wanted] == [
        toggles.SAFETY[name],
        "timestamp_quantization",
    ]


def test_switches_that_work_refuse_no_rung(places: Places) -> None:
    """Of a rung as safe as Dawn comes and of one with all of it off; what a browser does is the subject."""
    why_not = proving_switches(Settings(), places.node.guard)
    safe = replace(empty_job().setting, backend="dawn")
    unsafe = replace(safe, toggles=tuple(toggles.SAFETY.values()))
    assert [why_not(one) for one in (safe, unsafe, replace(unsafe, backend="web-replay"))] == [None] * 3


def test_a_switch_that_dawn_does_not_know_is_found_out(places: Places) -> None:
    asked = replace(toggles.DEFAULT, enabled=("skip_validation",))
    misspelt = replace(toggles.DEFAULT, enabled=("skip_validations",))
    validation, *_ = toggles.proofs(asked, replayed.behaviour(places.node, misspelt))
    assert validation.works is False
