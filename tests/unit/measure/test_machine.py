"""What a database of schedules knows a processor by."""

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
