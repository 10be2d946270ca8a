"""Figures around the operators: what is not in any node, and how far the profiles can be trusted."""

from gapprof.facts.case import Case
from gapprof.facts.operators import join
from gapprof.facts.profiles import NATIVE, WEB, profile_of


def overhead(case: Case) -> dict[str, float | None]:
    """Every key is always there; None where that side was not profiled."""
    native, web, joined = profile_of(case, NATIVE), profile_of(case, WEB), case.get(join)
    return {
        "native_marshalling_ms": native.marshalling_ms if native else None,
        "web_marshalling_ms": web.marshalling_ms if web else None,
        "native_dispatch_ms": native.dispatch_ms if native else None,
        "web_dispatch_ms": web.dispatch_ms if web else None,
        "native_observer_ratio": native.observer_ratio if native else None,
        "web_observer_ratio": web.observer_ratio if web else None,
        "native_profile_closure": native.closure if native else None,
        "web_profile_closure": web.closure if web else None,
        "native_uncut_closure": native.uncut_closure if native else None,
        "web_uncut_closure": web.uncut_closure if web else None,
        "native_kernel_share": native.kernel_share if native else None,
        "web_kernel_share": web.kernel_share if web else None,
        "node_join_share": joined.share if joined else None,
    }
