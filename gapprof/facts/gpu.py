"""Which adapter the page's models ran on, and whether it is a GPU at all. Pure."""

from gapprof.facts.case import Case
from gapprof.facts.cells import counting
from gapprof.records.gpu import AdapterIdentity

SOFTWARE = "software adapter: shows the plumbing, not your GPU"
_SOFTWARE_WORDS = ("swiftshader", "llvmpipe", "lavapipe", "basic render", "warp")
"""Of SwiftShader, Mesa's two and Direct3D's, in architectures and descriptions."""


def adapter(case: Case) -> AdapterIdentity | None:
    """Of the first trial that names one; None on the processor."""
    return next((t.seen.adapter for t in case.get(counting) if t.seen.adapter is not None), None)


def is_software(one: AdapterIdentity) -> bool:
    """By what it says of itself, whatever flags asked for."""
    words = f"{one.architecture} {one.device} {one.description}".lower()
    return one.kind == "CPU" or bool(one.is_fallback) or any(word in words for word in _SOFTWARE_WORDS)


def named(one: AdapterIdentity) -> str:
    """`nvidia ampere`; with its description where it gives one."""
    return f"{family(one)} ({one.description})" if one.description else family(one)


def family(one: AdapterIdentity) -> str:
    """What a browser and Dawn without one say of the same adapter in the same words."""
    return " ".join(filter(None, (one.vendor, one.architecture))) or "an adapter without a name"
