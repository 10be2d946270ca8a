"""When `explain --twins` tells nothing apart, and that it says so."""

import dataclasses
from pathlib import Path

from msgspec.structs import replace

from gapprof.guard import Guard
from gapprof.records.recording import Preflight
from gapprof.records.settings import Settings
from gapprof.records.subject import NativeRefusal, Subject
from gapprof.yardstick.telling_apart import telling_apart
from tests.unit.measure.extras import notes, preflight, subject


def told(preflight: Preflight, subject: Subject, tmp_path: Path) -> list[str]:
    with Guard() as guard:
        extra = telling_apart(Settings(twins=True), guard=guard, scratch=tmp_path)
        return notes(extra, preflight, subject, tmp_path)


def test_a_machine_without_a_ceiling_has_nothing_to_split(tmp_path: Path) -> None:
    refused = tuple(
        replace(step, refusal="no ceiling here") if step.rung.id == "native-128" else step
        for step in preflight().ladder
    )
    found = told(replace(preflight(), ladder=refused), subject(tmp_path), tmp_path)
    assert found == ["No twins: native-128: no ceiling here"]


def test_a_model_that_native_refuses_has_no_common_graph(tmp_path: Path) -> None:
    refused = dataclasses.replace(
        subject(tmp_path), common=NativeRefusal(message="no such operator", hint="")
    )
    found = told(preflight(), refused, tmp_path)
    assert found == ["No twins: there is no common graph: no such operator"]
