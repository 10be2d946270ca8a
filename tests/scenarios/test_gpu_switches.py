"""What each safety switch and the GPU's process of its own take alone, in a recording of our own (S18)."""

import pytest

from gapprof.facts.cells import measured
from gapprof.facts.estimates import factor
from gapprof.records.trial import Failure, Trial
from gapprof.text import numbers
from tests.scenarios.reading import case, cause, report, row, text, told

SWITCHES = "gpu-switches"
ROUNDS = 3
"""As side rungs have."""
IN_PROCESS = "replay-web-in-process"
TOLD = {
    "replay-native-no-zero-init": "Zeroing the memory of workgroups alone costs",
    "replay-native-no-robustness": "Clamping indices to their buffers alone costs",
    "replay-native-no-validation": "Validating calls alone costs",
    IN_PROCESS: "The GPU's process of its own alone costs",
}
PARENTS = {**dict.fromkeys(TOLD, "replay-native"), IN_PROCESS: "replay-web"}
"""With the switch as it is by default."""
TOGGLES = {
    "replay-native-no-zero-init": ("disable_workgroup_init",),
    "replay-native-no-robustness": ("disable_robustness",),
    "replay-native-no-validation": ("skip_validation",),
}


def test_the_command_asked_for_each_of_them() -> None:
    assert case(f"scenarios/{SWITCHES}").recording.begin.settings.rungs == ",".join(TOLD)


@pytest.mark.parametrize("rung", TOLD)
def test_a_switch_was_replayed_in_several_rounds_and_gave_the_recorded_bytes(rung: str) -> None:
    """A replay with other bytes is a failure."""
    recording = case(f"scenarios/{SWITCHES}").recording
    assert [one.message for one in recording.of(Failure) if one.rung == rung] == []
    trials = [one for one in recording.of(Trial) if one.rung == rung]
    assert len({one.round for one in trials}) >= ROUNDS
    for one in trials:
        assert one.parts is not None
        assert one.parts.control_differing_bytes > 0
        assert one.parts.differing_bytes == 0


@pytest.mark.parametrize("rung", TOLD)
def test_only_that_was_switched(rung: str) -> None:
    preflight = case(f"scenarios/{SWITCHES}").recording.preflight
    assert preflight is not None
    (setting,) = (step.setting for step in preflight.ladder if step.rung.id == rung)
    assert setting is not None
    assert setting.toggles == TOGGLES.get(rung, ())
    assert ("--in-process-gpu" in setting.browser_args) == (rung == IN_PROCESS)


@pytest.mark.parametrize("rung", TOLD)
def test_what_a_switch_takes_alone_has_an_interval_and_costs_only_where_that_excludes_1(rung: str) -> None:
    found = report(f"scenarios/{SWITCHES}")
    one = told(cause(found, "gpu-abstraction"), TOLD[rung])
    cost = factor(case(f"scenarios/{SWITCHES}"), rung, PARENTS[rung])
    assert cost is not None
    assert cost.rounds >= ROUNDS
    assert cost.low < cost.high
    assert numbers.factor_with_interval(cost) in one.text
    assert ("unclear" in one.text) == (one.value is None) == (cost.low <= 1 <= cost.high)
    assert one.text in text(found)


def test_zeroing_the_memory_of_workgroups_costs_beyond_doubt_and_so_does_all_safety() -> None:
    """An encoder's products and norms share memory within workgroups, which is cleared in every run."""
    found = report(f"scenarios/{SWITCHES}")
    zeroing = told(cause(found, "gpu-abstraction"), TOLD["replay-native-no-zero-init"])
    assert zeroing.value is not None
    assert zeroing.value > 1
    safety = row(found, "wgsl-safety")
    assert safety.verdict == "costs"
    assert safety.factor is not None
    assert safety.factor.low > 1


def test_zeroing_is_most_of_what_safety_costs() -> None:
    found = case(f"scenarios/{SWITCHES}").get(measured)
    rounds = found["replay-native-no-zero-init"].keys() & found["replay-native-unsafe"].keys()
    assert len(rounds) >= ROUNDS
    for number in rounds:
        default, without, unsafe = (
            found[rung][number]
            for rung in ("replay-native", "replay-native-no-zero-init", "replay-native-unsafe")
        )
        assert default - without > (default - unsafe) / 2
