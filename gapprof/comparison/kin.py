"""Whether two reports may be compared at all: one model, one machine, one set of programs."""

from collections.abc import Iterator, Mapping

from msgspec.structs import asdict

from gapprof.digest.adapter import on_software
from gapprof.errors import WrongUse
from gapprof.records.comparison import Comparison, Difference
from gapprof.records.report import Report
from gapprof.text.names import harmless

UNKNOWN = "unknown"
PROGRAMS = ("onnxruntime", "onnxruntime-web", "build", "wasm", "browser", "driver")
"""Whose versions a report tells."""
_WORD = 160
_ADAPTERS = {True: "software", False: "a GPU", None: UNKNOWN}
_NOT_OF_THE_SUBJECT = frozenset({"budget_s", "precision_percent", "allow_noisy", "rungs", "verify"})
"""Settings that say how well to measure, not what."""


def strangers(before: Report, after: Report) -> tuple[Difference, ...]:
    """What would make a change a change of something else. What only one report says counts for nothing."""
    found = _differing(_fingerprint(before), _fingerprint(after))
    return tuple(one for one in found if UNKNOWN not in (one.before, one.after))


def asked_differently(before: Report, after: Report) -> tuple[Difference, ...]:
    """Settings of the second run that the first had not: they are what one compares for."""
    return tuple(_differing(_settings(before), _settings(after)))


def refuse_strangers(comparison: Comparison) -> None:
    """Raises WrongUse where anything but the settings differs."""
    if comparison.strangers:
        told = "; ".join(f"{one.what} {one.before} and {one.after}" for one in comparison.strangers)
        hint = "Give --allow-different to compare them all the same."
        if any(map(_may_be_the_same_adapter, comparison.strangers)):
            hint = (
                "An older report may have other words for the same adapter: `gapprof analyze` makes one anew "
                f"from its recording. {hint}"
            )
        raise WrongUse(f"the reports are not of one model on one machine: {told}", hint=hint)


def _may_be_the_same_adapter(one: Difference) -> bool:
    """Vendor and architecture are alike: reports of before named what Dawn found, in Dawn's words."""
    return one.what == "adapter" and one.before.partition(" (")[0] == one.after.partition(" (")[0]


def _fingerprint(report: Report) -> dict[str, str]:
    machine = report.machine
    return {
        "the model's sha256": report.model.sha256[:12] if report.model.sha256 else UNKNOWN,
        "system": machine.system,
        "architecture": machine.architecture,
        "processor": machine.cpu,
        "usable cores": str(machine.usable_cores),
        **{program: report.versions.get(program, UNKNOWN) for program in PROGRAMS},
        "adapter": report.versions.get("adapter", UNKNOWN),
        "kind of adapter": _ADAPTERS[on_software(report)],
    }


def _settings(report: Report) -> dict[str, str]:
    asked = asdict(report.settings)
    return {name: _words(value) for name, value in asked.items() if name not in _NOT_OF_THE_SUBJECT}


def _words(value: object) -> str:
    match value:
        case None:
            return "as it comes"
        case bool():
            return "yes" if value else "no"
        case tuple() | dict() if not value:
            return "none"
        case tuple():
            return " ".join(map(str, value))
        case Mapping():
            return " ".join(f"{name}={_entry(one)}" for name, one in value.items())
        case _:
            return str(value)


def _entry(value: object) -> str:
    """The dimensions of a shape; the value of a session option."""
    return ",".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def _differing(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Difference]:
    for what, a in before.items():
        if a != after[what]:
            yield Difference(
                what=what.replace("_", " "), before=harmless(a, _WORD), after=harmless(after[what], _WORD)
            )
