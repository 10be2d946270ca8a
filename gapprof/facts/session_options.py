"""Session options of onnxruntime-web: what it takes where nobody says, and what a ladder can take over. Pure.

Source: `lib/wasm/session-options.ts` of onnxruntime-web 1.30.0; `appendDefaultOptions` adds the one entry.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from gapprof.records.observed import ObservedOption

DEFAULTS: Mapping[str, str] = MappingProxyType(
    {
        "graphOptimizationLevel": "all",
        "enableCpuMemArena": "false",
        "enableMemPattern": "false",
        "executionMode": "sequential",
        "enableProfiling": "false",
        "logId": "",
        "logSeverityLevel": "2",
        "logVerbosityLevel": "0",
        "optimizedModelFilePath": "",
        "session.use_ort_model_bytes_directly": "1",
    }
)
_GPU = "it belongs to another execution provider than wasm, and of those nothing is taken over"
_NOT_FED: Mapping[str, str] = MappingProxyType(
    {
        "enableProfiling": "a profiled session is never timed here",
        "logId": "it is only a name in messages",
        "optimizedModelFilePath": "it writes a file, once",
        "enableGraphCapture": _GPU,
        "preferredLayout": _GPU,
        "deviceType": _GPU,
        "session.disable_qdq_constant_folding": _GPU,
    }
)


def usual(option: ObservedOption) -> bool:
    """Whether the library does the same where nobody says anything."""
    return DEFAULTS.get(option.name) == option.value


def why_not_fed(name: str) -> str:
    """Why the ladder's sessions do not take it over; empty: they can."""
    return _GPU if name.startswith("executionProviders.") else _NOT_FED.get(name, "")


def to_feed(options: Iterable[ObservedOption]) -> dict[str, str]:
    """Those that make the page's session another one than the library's usual one, as far as a ladder can."""
    return {one.name: one.value for one in options if not usual(one) and not why_not_fed(one.name)}
