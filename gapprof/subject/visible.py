"""Names as they may pass through profilers and messages: control characters made visible."""

from pathlib import Path

CONTROL_PICTURES = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}
"""Each control character to its Unicode picture, for `str.translate`."""

UNQUOTED = CONTROL_PICTURES | {ord('"'): ord("″"), ord("\\"): ord("⧵")}
"""Also quote and backslash to look-alikes: onnxruntime writes its profile as JSON without escaping names."""


def shown(name: str | Path) -> str:
    """A path or a name of the user's as it may stand in a sentence."""
    return str(name).translate(CONTROL_PICTURES)


def shortened(name: str) -> str:
    """A name as it may stand in a sentence: quoted, escaped, not longer than a line."""
    return repr(name if len(name) <= 60 else f"{name[:40]}…{name[-15:]}")
