"""Plain figures by key, as lines of label and words."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from gapprof.text import numbers

_MOST_ENTRIES = 10
_RATES = {"ms_per_s": "ms per s", "per_s": "per s"}
_UNITS = ("ms", "bytes")
_PROPORTIONS = ("ratio", "closure", "share")


def figures_in_words(figures: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """By key, those inside one another under the names of both; a list is one line an entry."""
    for key in sorted(figures):
        value, label = figures[key], f"{above} {label_of(key)}".strip()
        if isinstance(value, Mapping):
            yield from figures_in_words(value, label)
        elif isinstance(value, list | tuple):
            for entry in value[:_MOST_ENTRIES]:
                yield label, _entry(entry) if isinstance(entry, Mapping) else _figure(key, entry)
        else:
            yield label, _figure(key, value)


def label_of(key: str) -> str:
    """A key in words, without the unit that its figure carries."""
    words = next((key.removesuffix(unit) for unit in _RATES if key.endswith(unit)), key).strip("_").split("_")
    return " ".join(words[:-1] if len(words) > 1 and words[-1] in _UNITS else words)


def _entry(entry: Mapping[str, Any]) -> str:
    parts = (f"{label_of(key)} {_figure(key, value)}".strip() for key, value in entry.items() if value != "")
    return ", ".join(parts)


def _figure(key: str, value: object) -> str:
    """A figure by the unit in its key; anything that is no number as it stands."""
    if value is None:
        return "not measured"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    rate = next((words for unit, words in _RATES.items() if key.endswith(unit)), "")
    if rate:
        return f"{numbers.bare_ms(value)} {rate}"
    match key.rpartition("_")[2]:
        case "ms":
            return numbers.ms(value)
        case "bytes":
            return numbers.size(value)
        case unit if unit in _PROPORTIONS:
            return numbers.percent(value)
        case _:
            return numbers.bare_ms(value)
