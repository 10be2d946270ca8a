"""Twins, and functions of the served wasm as native code."""

from collections.abc import Iterable

from gapprof.records.bounds import timed
from gapprof.records.impossible import Check
from gapprof.records.transplant import TransplantTrial
from gapprof.records.twins import TwinRun, TwinTrial


def _of_twins(entry: TwinTrial) -> str:
    return _of_times("twins of", entry.target, (one.samples_us for one in entry.times))


def _of_functions(entry: TransplantTrial) -> str:
    return _of_times("functions on", entry.target, (one.samples_us for one in entry.times))


def _of_times(what: str, target: str, times_us: Iterable[tuple[float, ...]]) -> str:
    return "" if all(map(timed, times_us)) else f"{what} {target} without times, or with impossible ones"


def _of_program(entry: TwinRun) -> str:
    if not timed(entry.samples_us):
        return "a program of twins without times, or with impossible ones"
    if entry.copies_us and not timed(entry.copies_us):
        return "a program of twins with copies that took impossible times"
    return ""


CHECKS = (
    Check(kind=TwinTrial, wrong=_of_twins),
    Check(kind=TransplantTrial, wrong=_of_functions),
    Check(kind=TwinRun, wrong=_of_program),
)
