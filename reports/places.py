"""Where this checkout and Python lie on the machine that measured: no recording tells, once it is published.

A traceback names both; where the browser lies is told, as the browser says it.
"""

import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
LIBRARY = "lib/python"


def without_places(recording: bytes, *, python: str = sys.base_prefix) -> bytes:
    """The same; of what lies in Python's own library, from `lib` on."""
    return recording.replace(f"{CHECKOUT}/".encode(), b"").replace(
        f"{python}/{LIBRARY}".encode(), LIBRARY.encode()
    )


def forget_places(recording: Path) -> None:
    """In the file itself, where it was written right here."""
    recording.write_bytes(without_places(recording.read_bytes()))
