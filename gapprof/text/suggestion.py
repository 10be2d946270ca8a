"""What somebody may have meant by a word that is not known."""

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The closest of the known words, or all of them."""
    words = list(known)
    close = difflib.get_close_matches(name, words, n=1)
    return f"Did you mean {close[0]}?" if close else f"There are: {', '.join(words)}."
