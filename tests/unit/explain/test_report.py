import json
import re

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, PlantedFailure, ladder_ms
from gapprof.explain.report import build
from gapprof.explain.warnings import warnings
from gapprof.facts.case import Case
from gapprof.records.codec import decode_report, encode_entry, encode_report
from gapprof.records.recording import Note, Preflight, Sampled
from gapprof.records.settings import Settings
from gapprof.records.trial import Trial
from tests.truth.recorder import FULL, record
from tests.unit.facts.test_computed import NO_CEILING, with_estimate

PLANTED = ladder_ms({"native-threads": 2.0, "native-128": 3.0, "native-all-128": 3.0, "web": 1.4})


def test_the_same_recording_gives_the_same_bytes() -> None:
    recording = record(Machine(latency_ms=PLANTED, noise=0.02), side_rounds=2)
    assert encode_report(build(recording)) == encode_report(build(recording))


def test_a_report_survives_its_own_json() -> None:
    report = build(record(Machine(latency_ms=PLANTED, noise=0.02), side_rounds=2))
    data = encode_report(report)
    assert decode_report(data, source="here") == report
    assert "NaN" not in data.decode()
    assert json.loads(data)["causes"][0]["contrasts"][0].keys() == {"from", "to", "side", "factor"}


def test_the_settings_of_a_report_say_which_web_sides_were_tried_those_of_a_recording_do_not() -> None:
    recording = record(Machine())
    document = json.loads(encode_report(build(recording)))
    assert document["settings"]["backend_tried"] == ["wasm"]
    assert document["settings"]["threads"] == FULL.threads
    assert "backend_tried" not in document
    assert b"backend_tried" not in encode_entry(recording.begin)


def test_samples_are_raw_and_complete() -> None:
    recording = record(Machine(noise=0.05))
    assert [s.samples_ms for s in build(recording).samples] == [t.samples_ms for t in recording.of(Trial)]


def test_preflight_visits_are_no_samples() -> None:
    recording = record(Machine())
    trial = next(recording.of(Trial))
    first = replace(trial, round=-1, struck=("preflight visit",))
    assert len(build(replace(recording, entries=(first, *recording.entries))).samples) == len(
        list(recording.of(Trial))
    )


def test_rungs_say_what_they_are() -> None:
    machine = Machine(refusals={("node", "backend", "node"): "no Node"})
    recording = record(machine, Settings(threads=2, where="worker"))
    rows = {row.id: row for row in build(recording).rungs}
    assert rows["engine"].refusal == "no Node"
    assert rows["web"].alias_of == "web-paced"
    assert rows["web"].latency_ms == rows["web-paced"].latency_ms
    assert rows["web-baseline"].refusal is None
    assert rows["web-baseline"].why == "the budget left no time for it; --rungs web-baseline measures it"
    assert rows["web-kernels"].changes is not None
    assert rows["web-kernels"].changes.startswith("computed: ")


def test_an_estimate_is_called_one() -> None:
    machine = Machine(latency_ms=PLANTED, refusals=NO_CEILING)
    recording = with_estimate(record(machine), 4.0, "OpenBLAS cores: 4.0x")
    simd = next(row for row in build(recording).causes if row.id == "simd")
    assert (simd.method, simd.verdict) == ("estimated", "costs")
    assert "OpenBLAS" in simd.why
    assert simd.evidence == ()  # the encoding caveat is the ceiling's


def test_where_width_is_one_by_definition_simd_does_not_apply() -> None:
    machine = Machine(latency_ms=PLANTED, refusals=NO_CEILING)
    recording = with_estimate(record(machine), 1.0, "arm64: NEON is 128 bits wide")
    simd = next(row for row in build(recording).causes if row.id == "simd")
    assert simd.verdict == "not-applicable"
    assert "NEON" in simd.why


def test_simd_carries_the_encoding_caveat() -> None:
    simd = next(row for row in build(record(Machine(latency_ms=PLANTED))).causes if row.id == "simd")
    assert "SSE encoding that wasm does not pay" in simd.evidence[0].text


def test_different_versions_are_warned_of() -> None:
    recording = record(Machine())
    entries = tuple(
        replace(e, seen=replace(e.seen, runtime_version="1.18.0"))
        if isinstance(e, Trial) and e.rung.startswith("web")
        else e
        for e in recording.entries
    )
    assert any("may be the version" in text for text in warnings(Case(replace(recording, entries=entries))))


def test_notes_and_failures_reach_the_reader_once_and_harmless() -> None:
    machine = Machine(failures=(PlantedFailure(rung="engine", message="\x1b[31mdied"),))
    recording = record(machine, side_rounds=3)
    note = Note(at_s=0.0, concerns="report", text="3 rounds take longer than the budget")
    found = build(replace(recording, entries=(*recording.entries, note, note))).warnings
    assert found.count("3 rounds take longer than the budget") == 1
    assert [text for text in found if text.startswith("engine failed 3 times (timed)")]
    assert "\x1b" not in "".join(found)


def test_each_way_in_which_a_rung_failed_is_told_with_how_often() -> None:
    messages = ("no answer within 58 s", "no answer within 9.5 s", "it crashed")
    failures = (
        PlantedFailure(rung="web-graph", message=message, rounds=frozenset({number}))
        for number, message in enumerate(messages)
    )
    found = [text for text in build(record(Machine(failures=tuple(failures)))).warnings if "failed" in text]
    assert found == [
        "web-graph failed 2 times (timed): no answer within 9.5 s",
        "web-graph failed once (timed): it crashed",
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("the native worker ended with exit code 1", "the native worker ended with exit code 139"),
        ("node 'Conv_3' (Conv): no kernel", "node 'Conv_7' (Conv): no kernel"),
        ("the renderer lost 3 segments", "the renderer lost 4 segments"),
    ],
)
def test_only_seconds_are_no_part_of_the_way_in_which_a_rung_failed(first: str, second: str) -> None:
    failures = tuple(
        PlantedFailure(rung="web-graph", message=message, rounds=frozenset({number}))
        for number, message in enumerate((first, second))
    )
    found = [text for text in build(record(Machine(failures=failures))).warnings if "failed" in text]
    assert found == [f"web-graph failed once (timed): {message}" for message in (first, second)]


def test_the_sampling_sentence_says_what_limited_it() -> None:
    recording = record(Machine())
    entries = tuple(
        Sampled(rounds=6, limited_by="budget", wanted_rounds=40) if isinstance(e, Sampled) else e
        for e in recording.entries
    )
    sampling = build(replace(recording, entries=entries)).sampling
    assert "as many as the budget allowed" in sampling
    assert "40" in sampling


def test_cold_stages_are_in_order_and_apart_from_the_gap() -> None:
    rows = build(record(Machine(latency_ms=PLANTED))).cold.rows
    assert [row.stage for row in rows] == ["import", "create", "first_run"]


def test_side_rungs_are_what_ifs_and_aliases_are_not() -> None:
    recording = record(Machine(latency_ms=PLANTED), FULL, side_rounds=2)
    rungs = {one.rung for one in build(recording).what_ifs}
    assert {"engine", "engine-256", "web-busy", "web-baseline", "web-checked", "web-threads"} <= rungs
    assert "web-isolated" not in rungs  # the page is isolated already


def test_a_ladder_of_unknown_rungs_is_no_crash() -> None:
    recording = record(Machine(), rounds=1)
    entries = tuple(
        replace(e, ladder=e.ladder[:3]) if isinstance(e, Preflight) else e for e in recording.entries
    )
    assert build(replace(recording, entries=entries)).status == "failed"


def test_a_build_of_the_users_is_named_with_what_its_version_may_cost() -> None:
    recording = record(Machine(), Settings(threads=2, web_dist="dist"))
    (said,) = [text for text in warnings(Case(recording)) if text.startswith("--web-dist")]
    assert "onnxruntime-web 1.30.0 (wasm served-True)" in said
    assert "native onnxruntime 1.30.0" in said
    assert all(word in said for word in ("`library`", "`runtime`", "residual"))


def test_the_sampling_sentence_says_what_was_reached_not_what_was_wanted() -> None:
    report = build(record(Machine(launch_noise=0.3, seed=3), Settings(threads=2)))
    found = re.search(r"; widest interval ±(\d+) %\.$", report.sampling)
    assert found is not None
    assert float(found[1]) > 5
    assert "factors within" not in report.sampling
