"""Records to JSON and back, strictly: no NaN, no unknown entry, a newer major version is refused."""

import math
import re
from collections.abc import Iterable, Iterator

import msgspec

from gapprof.errors import WrongUse
from gapprof.records import report as reports
from gapprof.records.estimate import Estimate
from gapprof.records.impossible import impossible
from gapprof.records.recording import SCHEMA, SCHEMA_VERSION, Begin, Entry, Recording
from gapprof.records.report import Report, with_descendants

_ENTRY: msgspec.json.Decoder[Entry] = msgspec.json.Decoder(Entry)
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""A file may nest as deep as it likes; Python does not."""
_ENCODER = msgspec.json.Encoder(order="deterministic")
_ORDERS = re.compile(rb"</|<!--|##(?=\w*\[)")
"""What no string may hold as it is: the end of the script that a page puts JSON into, and an order to who
reads a build's log. JSON has none of these but in strings."""
_SPELLED = {b"</": b"<\\/", b"<!--": b"\\u003c!--", b"##": b"\\u0023#"}


class _Kin(msgspec.Struct, frozen=True):
    """All that recordings of every version have in common."""

    schema: str
    schema_version: str


def encode_entry(entry: Entry) -> bytes:
    """One line of a recording, with its newline."""
    return _ENCODER.encode(entry) + b"\n"


def decode_recording(lines: Iterable[bytes], *, source: str) -> Recording:
    """Read a recording; a last line cut off in the middle is dropped, anything else wrong is WrongUse."""
    entries: list[Entry] = []
    pending: Exception | None = None
    for number, line in enumerate(lines, start=1):
        if pending is not None:
            raise WrongUse(
                f"{source}: line {number - 1} is not an entry of a gapprof recording: {pending}",
                hint="Give the .jsonl file that `gapprof explain --recording FILE` wrote.",
            )
        try:
            entry = _ENTRY.decode(line)
        except _UNREADABLE as error:
            if number == 1:
                _refuse_newer_kin(line, source, SCHEMA, SCHEMA_VERSION)
            pending = error
            continue
        if wrong := impossible(entry):
            raise WrongUse(
                f"{source}: line {number} holds what no run can have measured: {wrong}",
                hint="The file was damaged or edited; measure again with `gapprof explain`.",
            )
        entries.append(entry)
    if not entries or not isinstance(entries[0], Begin):
        raise WrongUse(
            f"{source} is not a gapprof recording: it does not start with a `begin` entry",
            hint="Give the .jsonl file that `gapprof explain --recording FILE` wrote.",
        )
    begin = entries[0]
    _refuse_newer(begin.schema, begin.schema_version, SCHEMA, SCHEMA_VERSION, source)
    return Recording(begin=begin, entries=tuple(entries[1:]))


def encode_document(document: msgspec.Struct) -> bytes:
    """Anything that `--json` writes: indented, with a final newline; equal documents give equal bytes.

    Whoever shows the text as it is, in a page's script or in a build's log, obeys nothing that a name says.
    """
    text = msgspec.json.format(_ENCODER.encode(document), indent=2)
    return _ORDERS.sub(lambda found: _SPELLED[found[0]], text) + b"\n"


def encode_report(report: Report) -> bytes:
    """The report as JSON."""
    return encode_document(report)


def decode_report(data: bytes, *, source: str) -> Report:
    """Read a report of this major version; raises WrongUse for anything else, damaged figures included."""
    try:
        report = msgspec.json.decode(data, type=Report)
    except _UNREADABLE as error:
        _refuse_newer_kin(data, source, reports.SCHEMA, reports.SCHEMA_VERSION)
        raise WrongUse(
            f"{source} is not a gapprof report: {error}",
            hint="Give the file that `gapprof explain --json FILE` wrote.",
        ) from error
    _refuse_newer(report.schema, report.schema_version, reports.SCHEMA, reports.SCHEMA_VERSION, source)
    for name, estimate in _ratios(report):
        if not 0 < estimate.low <= estimate.high < math.inf or (
            estimate.rounds > 1 and not 0 < estimate.level < 1
        ):
            raise WrongUse(
                f"{source}: {name} is what no run can have measured: "
                f"{estimate.point:g} [{estimate.low:g}, {estimate.high:g}] at level {estimate.level:g}",
                hint="The file was damaged or edited; measure again with `gapprof explain`.",
            )
    return report


def is_recording(first_line: bytes) -> bool:
    """Whether a file that starts so is a recording rather than a report."""
    try:
        return msgspec.json.decode(first_line, type=_Kin).schema == SCHEMA
    except _UNREADABLE:
        return False


def _ratios(report: Report) -> Iterator[tuple[str, Estimate]]:
    """Latencies and factors, all of which are above 0."""
    found = {
        "latency_ms.native": report.latency_ms.native,
        "latency_ms.web": report.latency_ms.web,
        "gap.ratio": report.gap.ratio,
        "residual.factor": report.residual.factor,
    }
    for row in with_descendants(report.causes):
        found[f"the factor of {row.id}"] = row.factor
    return ((name, estimate) for name, estimate in found.items() if estimate is not None)


def _refuse_newer_kin(line: bytes, source: str, schema: str, version: str) -> None:
    """What cannot be read may be of another kind or version, which says more than where it differs."""
    try:
        kin = msgspec.json.decode(line, type=_Kin)
    except _UNREADABLE:
        return
    _refuse_newer(kin.schema, kin.schema_version, schema, version, source)


def _refuse_newer(found: str, found_version: str, schema: str, version: str, source: str) -> None:
    if found != schema or found_version.split(".")[0] != version.split(".")[0]:
        raise WrongUse(
            f"{source} is {found} {found_version}; this gapprof reads {schema} {version}",
            hint="Use the gapprof version that wrote it.",
        )
