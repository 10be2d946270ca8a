"""What this machine's processor is, and what a database of schedules knows one by."""

import sys
from collections.abc import Iterator
from pathlib import Path

import cpuinfo
import pytest

from gapprof.measure import machine

ZEN = {"brand_raw": "AMD EPYC", "family": 26, "model": 2, "stepping": 1}


def told(monkeypatch: pytest.MonkeyPatch, cpu: dict[str, object]) -> str:
    monkeypatch.setattr(machine, "_cpu", lambda: cpu)
    return machine.processor()


def test_processors_of_one_brand_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(monkeypatch, ZEN) == "AMD EPYC, family 26, model 2, stepping 1"
    others = ({**ZEN, name: 17} for name in ("family", "model", "stepping"))
    assert len({told(monkeypatch, one) for one in (ZEN, *others)}) == 4


def test_what_the_system_does_not_tell_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(monkeypatch, {"brand_raw": "Apple M3"}) == "Apple M3"
    assert told(monkeypatch, {**ZEN, "stepping": 0}) == "AMD EPYC, family 26, model 2"


def test_a_recording_names_the_brand_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_cpu", lambda: {**ZEN, "flags": ["avx2"]})
    assert machine.machine_facts().cpu == "AMD EPYC"


X86 = """processor	: 0
vendor_id	: AuthenticAMD
cpu family	: 26
model		: 2
model name	: AMD EPYC
stepping	: 1
flags		: fpu avx2 hypervisor

processor	: 1
model name	: another
flags		: fpu
"""
ARM = """processor	: 0
BogoMIPS	: 50.00
Features	: fp asimd
CPU implementer	: 0x41
"""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """As at the first question of a process, and as at the first one after it."""
    machine._cpu.cache_clear()
    yield monkeypatch
    machine._cpu.cache_clear()


def _wanted() -> dict[str, object]:
    return pytest.fail("a second was spent on what Linux had told")


def test_linux_says_what_processor_it_is_and_nobody_else_is_asked(
    asked: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "cpuinfo").write_text(X86, encoding="utf-8")
    asked.setattr(machine, "_CPUINFO", tmp_path / "cpuinfo")
    asked.setattr(cpuinfo, "get_cpu_info", _wanted)
    facts = machine.machine_facts()
    assert (facts.cpu, facts.cpu_flags, facts.hypervisor) == ("AMD EPYC", ("avx2", "fpu", "hypervisor"), True)
    assert machine.processor() == "AMD EPYC, family 26, model 2, stepping 1"


@pytest.mark.parametrize("told", [None, "", ARM], ids=["no such file", "empty", "ARM"])
def test_where_linux_names_no_processor_py_cpuinfo_does(
    told: str | None, asked: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if told is not None:
        (tmp_path / "cpuinfo").write_text(told, encoding="utf-8")
    asked.setattr(machine, "_CPUINFO", tmp_path / "cpuinfo")
    asked.setattr(cpuinfo, "get_cpu_info", lambda: {**ZEN, "flags": ["avx2"]})
    assert machine.machine_facts().cpu_flags == ("avx2",)
    assert machine.processor() == "AMD EPYC, family 26, model 2, stepping 1"


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_both_say_the_same_of_this_machine() -> None:
    """But for flags that py-cpuinfo reads off the processor itself, by names of its own."""
    told = machine._told_by_linux()
    other = cpuinfo.get_cpu_info()
    if not told:
        pytest.skip("Linux names no processor here")
    assert set(told["flags"]) <= set(other["flags"])
    for kind in ("brand_raw", *machine._KINDS):
        assert (told.get(kind) or None) == (other.get(kind) or None)
