"""Clicks that come from outside."""

from msgspec import Struct


class ClickedTask(Struct, frozen=True, kw_only=True, tag="clicked", tag_field="kind"):
    """Hear clicks that come from outside."""

    duty: float
    clicks: int
    most_ms: float
    """Then it ends with those it has."""


class Clicks(Struct, frozen=True, kw_only=True, tag="clicks", tag_field="kind"):
    """Raw, in order."""

    events_ms: tuple[float, ...]
    """From a click until the frame that answers it was painted."""
