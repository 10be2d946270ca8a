"""Report files on the way in."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof.errors import WrongUse
from gapprof.records.codec import encode_report
from gapprof.records.estimate import Estimate
from gapprof.reports import read_report
from tests.unit.render import reports

ZOO = Path(__file__).parents[2] / "reports" / "zoo"


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(data: bytes) -> Path:
        path = tmp_path / "x.json"
        path.write_bytes(data)
        return path

    return write


@pytest.mark.parametrize("kind", reports.EVERY)
def test_a_report_is_read_as_it_was_written(kind: str, saved: Callable[[bytes], Path]) -> None:
    report = reports.EVERY[kind]()
    assert read_report(saved(encode_report(report))) == report


def test_a_report_on_one_line_is_a_report(saved: Callable[[bytes], Path]) -> None:
    document = json.loads(encode_report(reports.ok()))
    assert read_report(saved(json.dumps(document).encode())) == reports.ok()


@pytest.mark.parametrize("path", sorted(ZOO.glob("*.json")), ids=lambda path: path.stem)
def test_a_recording_gives_the_report_that_was_published_of_it(path: Path) -> None:
    published, analysed = read_report(path), read_report(path.with_suffix(".jsonl"))
    assert analysed.causes == published.causes
    assert set(analysed.versions) == {"onnxruntime", "onnxruntime-web", "wasm", "browser"}
    assert analysed.passes == 3


def test_a_report_of_a_later_minor_version_is_read(saved: Callable[[bytes], Path]) -> None:
    document = {**json.loads(encode_report(reports.ok())), "schema_version": "1.99", "later": [1]}
    assert read_report(saved(json.dumps(document).encode())).schema_version == "1.99"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"schema_version": "2.0"}, "this gapprof reads gapprof/report 1"),
        ({"schema_version": "2.0", "gap": None}, "this gapprof reads gapprof/report 1"),
        ({"schema": "gapprof/comparison"}, "is gapprof/comparison"),
        ({"gap": None}, "is not a gapprof report"),
        ({"status": "fine"}, "is not a gapprof report"),
    ],
    ids=str,
)
def test_what_is_no_report_of_this_version_is_wrong_use(
    changes: dict[str, object], sentence: str, saved: Callable[[bytes], Path]
) -> None:
    document = {**json.loads(encode_report(reports.ok())), **changes}
    with pytest.raises(WrongUse) as refused:
        read_report(saved(json.dumps(document).encode()))
    assert sentence in refused.value.message
    assert refused.value.hint


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"schema": 1}',
        b"[" * 100_000,
        b'{"causes":' * 100_000,
        b'{"later":' * 100_000,
    ],
    ids=lambda data: repr(data[:12]),
)
def test_what_is_no_report_at_all_is_wrong_use(data: bytes, saved: Callable[[bytes], Path]) -> None:
    with pytest.raises(WrongUse, match="is not a gapprof report"):
        read_report(saved(data))


@pytest.mark.parametrize(
    ("figure", "why"),
    [
        ({"low": -1.0}, "what no run can have measured"),
        ({"low": 0.0}, "what no run can have measured"),
        ({"level": 0.0}, "what no run can have measured"),
        ({"level": 1.0}, "what no run can have measured"),
        ({"low": 9.0}, "does not lie in"),
        ({"high": 0.5}, "does not lie in"),
    ],
    ids=str,
)
@pytest.mark.parametrize("place", ["gap", "web", "cause", "residual"])
def test_figures_that_nobody_can_have_measured_are_wrong_use(
    place: str, figure: dict[str, float], why: str, saved: Callable[[bytes], Path]
) -> None:
    document = json.loads(encode_report(reports.ok()))
    found = {
        "gap": document["gap"]["ratio"],
        "web": document["latency_ms"]["web"],
        "cause": document["causes"][0]["factor"],
        "residual": document["residual"]["factor"],
    }[place]
    found.update({"point": 2.0, "low": 1.5, "high": 2.5, **figure})
    with pytest.raises(WrongUse, match=why):
        read_report(saved(json.dumps(document).encode()))


def test_a_report_of_one_round_is_a_report(saved: Callable[[bytes], Path]) -> None:
    """Its level is 0, because one round has no interval."""
    report = reports.ok()
    lone = Estimate(point=2.0, low=2.0, high=2.0, level=0.0, rounds=1)
    report = replace(report, gap=replace(report.gap, ratio=lone))
    assert read_report(saved(encode_report(report))) == report


@pytest.mark.parametrize("missing", ["no-such.json", "."])
def test_what_cannot_be_read_is_wrong_use(missing: str, tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="cannot be read"):
        read_report(tmp_path / missing)


def test_an_estimate_lies_in_its_own_interval() -> None:
    with pytest.raises(ValueError, match="does not lie in"):
        Estimate(point=1.0, low=1.1, high=1.2, level=0.95, rounds=6)
    with pytest.raises(ValueError, match="does not lie in"):
        Estimate(point=float("nan"), low=1.1, high=1.2, level=0.95, rounds=6)
