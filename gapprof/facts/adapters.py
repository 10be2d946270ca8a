"""Which GPU it really was: said by the adapter itself, never concluded from flags. Pure."""

from collections.abc import Iterator, Sequence

from gapprof.records.gpu import AdapterIdentity
from gapprof.records.report import CheckRow

SOFTWARE_SENTENCE = "software adapter: shows the plumbing, not your GPU"
_SOFTWARE = ("swiftshader", "llvmpipe", "lavapipe", "softpipe", "basic render driver", "warp")
_VENDORS = {"CUDAExecutionProvider": "nvidia", "CoreMLExecutionProvider": "apple"}
"""Of native execution providers that run on one vendor's adapters alone."""
_OF_HARDWARE = (*_VENDORS, "DmlExecutionProvider")
_COMPARED = ("vendor", "architecture")
"""A browser and Dawn without one have other words for the device and its driver."""


def is_software(adapter: AdapterIdentity) -> bool:
    """Whether a processor computes what it is asked: by its own kind, or by the name of a renderer."""
    if adapter.is_fallback or adapter.kind.lower() == "cpu":
        return True
    said = f"{adapter.architecture} {adapter.device} {adapter.description} {adapter.driver}".lower()
    return any(name in said for name in _SOFTWARE)


def titled(adapter: AdapterIdentity) -> str:
    """`nvidia ampere (NVIDIA A100, vulkan)`, with what it says of itself; `an adapter without a name`."""
    name = " ".join(word for word in (adapter.vendor, adapter.architecture) if word)
    more = ", ".join(word for word in (adapter.description or adapter.device, adapter.backend) if word)
    both = f"{name} ({more})" if name and more else name or more
    return both or "an adapter without a name"


def notes(adapter: AdapterIdentity) -> tuple[str, ...]:
    """Sentences that belong above every figure of it."""
    return (SOFTWARE_SENTENCE,) if is_software(adapter) else ()


def headings(checks: Sequence[CheckRow]) -> Iterator[str]:
    """What belongs above every figure of a report: that its page ran on software, or another rung did, or on
    another adapter."""
    failed = {check.id: check.text for check in checks if check.status == "fail"}
    if "adapter" in failed:
        yield f"{SOFTWARE_SENTENCE[0].upper()}{SOFTWARE_SENTENCE[1:]}."
    if "adapter-same" in failed:
        beside = "adapter" not in failed and SOFTWARE_SENTENCE in failed["adapter-same"]
        yield f"Not all of it ran on the page's adapter{f' ({SOFTWARE_SENTENCE})' if beside else ''}."


def differences(one: AdapterIdentity, other: AdapterIdentity) -> tuple[str, ...]:
    """In what two adapters are not the same: `vendor google, nvidia`. What only one of them tells is none;
    where nothing else tells them apart, that one is software does."""
    found = tuple(
        f"{name} {mine}, {theirs}"
        for name in _COMPARED
        if (mine := str(getattr(one, name))) and (theirs := str(getattr(other, name))) and mine != theirs
    )
    kinds = (_kind(one), _kind(other))
    if not found and all(kinds) and kinds[0] != kinds[1]:
        return (f"kind {kinds[0]}, {kinds[1]}",)
    return found


def foreign_to(provider: str, adapter: AdapterIdentity) -> bool:
    """Whether a native execution provider cannot have run on this adapter: it is software, or another's."""
    if provider in _OF_HARDWARE and is_software(adapter):
        return True
    vendor = _VENDORS.get(provider)
    return vendor is not None and bool(adapter.vendor) and vendor not in adapter.vendor.lower()


def _kind(adapter: AdapterIdentity) -> str:
    """Empty: it tells nothing that says so."""
    if is_software(adapter):
        return "software"
    told = (adapter.vendor, adapter.architecture, adapter.device, adapter.description, adapter.kind)
    return "GPU" if adapter.is_fallback is False or any(told) else ""
