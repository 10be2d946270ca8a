"""What gapprof itself got wrong strikes a number; what the user asked for does not."""

import pytest
from msgspec.structs import replace

from gapprof.measure.faults import harness_faults
from gapprof.records.trial import Seen
from tests.settings import QUIET

WEB = replace(QUIET, isa="128", threads=2)
NATIVE = replace(WEB, backend="native")
GOOD = Seen(
    runtime_version="1.30.0",
    engine_version="Chrome/156",
    threads=2,
    timer_step_us=5.0,
    isolated=True,
    where="worker",
    debugger_domain=False,
    ceiling_hits=31,
)


def test_an_environment_that_is_what_was_planned_has_no_faults() -> None:
    assert harness_faults(GOOD, WEB, stock_flags=True) == ()
    assert harness_faults(GOOD, NATIVE, stock_flags=True) == ()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"threads": 1}, "threads"),
        ({"debugger_domain": True}, "Debugger"),
        ({"tier_up": "unsettled"}, "compiling"),
        ({"where": "main"}, "main"),
        ({"isolated": False}, "isolation"),
        ({"rejected_flags": ("--nonsense",)}, "--nonsense"),
    ],
)
def test_each_difference_is_named(change: dict[str, object], word: str) -> None:
    (fault,) = harness_faults(replace(GOOD, **change), WEB, stock_flags=True)
    assert word in fault


def test_a_debugger_that_was_to_be_on_is_a_fault_where_it_was_off() -> None:
    debugged = replace(WEB, debugger=True)
    (fault,) = harness_faults(GOOD, debugged, stock_flags=True)
    assert fault.startswith("the Debugger domain was off")
    assert harness_faults(replace(GOOD, debugger_domain=True), debugged, stock_flags=True) == ()


def test_who_did_not_say_whether_a_debugger_was_on_had_none() -> None:
    silent = replace(GOOD, debugger_domain=None)
    assert harness_faults(silent, WEB, stock_flags=True) == ()
    assert harness_faults(silent, replace(WEB, debugger=True), stock_flags=True)


def test_a_ceiling_that_answered_nothing_strikes_the_capped_rung_only() -> None:
    late = replace(GOOD, ceiling_hits=0)
    assert "too late" in harness_faults(late, NATIVE, stock_flags=True)[0]
    assert harness_faults(late, replace(NATIVE, isa="full"), stock_flags=True) == ()


def test_a_flag_of_the_users_that_the_engine_ignores_is_the_users_business() -> None:
    assert harness_faults(replace(GOOD, rejected_flags=("--nonsense",)), WEB, stock_flags=False) == ()
