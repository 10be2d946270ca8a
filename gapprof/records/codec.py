"""Records to JSON and back, strictly: no NaN, no unknown entry, a newer major version is refused."""

from collections.abc import Iterable
from typing import Any

import msgspec

from gapprof.errors import WrongUse
from gapprof.records.recording import SCHEMA, SCHEMA_VERSION, Begin, Entry, Recording
from gapprof.records.report import Report
from gapprof.records.trial import Trial

_ENTRY: msgspec.json.Decoder[Entry] = msgspec.json.Decoder(Entry)
_LONGEST_MS = 1e9
_ENCODER = msgspec.json.Encoder(order="deterministic")


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
    pending: msgspec.DecodeError | None = None
    for number, line in enumerate(lines, start=1):
        if pending is not None:
            raise WrongUse(
                f"{source}: line {number - 1} is not an entry of a gapprof recording: {pending}",
                hint="Give the .jsonl file that `gapprof explain --recording FILE` wrote.",
            )
        try:
            entry = _ENTRY.decode(line)
        except msgspec.DecodeError as error:
            if number == 1:
                _refuse_newer_kin(line, source)
            pending = error
            continue
        if wrong := _impossible(entry):
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


def encode_report(report: Report) -> bytes:
    """The report as indented JSON with a final newline; the same report gives the same bytes."""
    return msgspec.json.format(_ENCODER.encode(report), indent=2) + b"\n"


def decode_report(data: bytes, *, source: str) -> Report:
    """Read a report of this major version."""
    try:
        return msgspec.json.decode(data, type=Report)
    except msgspec.DecodeError as error:
        raise WrongUse(
            f"{source} is not a gapprof report: {error}",
            hint="Give the file that `gapprof explain --json FILE` wrote.",
        ) from error


def report_schema() -> dict[str, Any]:
    """JSON Schema of the report."""
    return msgspec.json.schema(Report)


def _impossible(entry: Entry) -> str:
    """What is wrong with a trial that counts; empty: nothing. A paced request may take less than a tick."""
    if isinstance(entry, Trial) and not entry.struck:
        for ms in entry.samples_ms:
            if not 0 < ms < _LONGEST_MS:
                return f"a run of {ms:g} ms on {entry.rung}"
        for ms in entry.requests_ms:
            if not 0 <= ms < _LONGEST_MS:
                return f"a request of {ms:g} ms on {entry.rung}"
    return ""


def _refuse_newer_kin(line: bytes, source: str) -> None:
    """A first line that cannot be read may be of another version, which says more than where it differs."""
    try:
        kin = msgspec.json.decode(line, type=_Kin)
    except msgspec.DecodeError:
        return
    _refuse_newer(kin.schema, kin.schema_version, SCHEMA, SCHEMA_VERSION, source)


def _refuse_newer(found: str, found_version: str, schema: str, version: str, source: str) -> None:
    if found != schema or found_version.split(".")[0] != version.split(".")[0]:
        raise WrongUse(
            f"{source} is {found} {found_version}; this gapprof reads {schema} {version}",
            hint="Use the gapprof version that wrote it.",
        )
