"""How a process ended that owed an answer."""

from msgspec import Struct


class Death(Struct, frozen=True, kw_only=True):
    """Equal of two processes that died of the same thing, as far as they said what of."""

    by: str
    """The signal, or what it exited with: `SIGABRT`, `exit code 1`."""
    last_words: str = ""
    """What it printed as it gave up, where something reads as such: `Assertion 'size > 0' failed`."""

    @property
    def told(self) -> str:
        """`SIGABRT: Assertion 'size > 0' failed`."""
        return f"{self.by}: {self.last_words}" if self.last_words else self.by
