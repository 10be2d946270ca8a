"""What a page answers when it has not done what it was asked for."""

from msgspec import Struct


class Refused(Struct, frozen=True, kw_only=True, tag="refusal", tag_field="kind"):
    """The page cannot do that, by its nature."""

    reason: str


class Broke(Struct, frozen=True, kw_only=True, tag="failure", tag_field="kind"):
    """Something was thrown. `phase` as in `Failure.phase`."""

    phase: str
    name: str
    message: str
    stack: str
