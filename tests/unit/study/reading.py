"""A study's tables, read back from its Markdown."""

from collections.abc import Mapping

Tables = Mapping[str, tuple[Mapping[str, str], ...]]
"""Heading → rows; column → text, `model` being the first one."""


def read_tables(text: str) -> Tables:
    """Of every section that has one; an AssertionError for a row that does not fit its head."""
    found: dict[str, tuple[Mapping[str, str], ...]] = {}
    heading, head = "", ()
    for line in text.splitlines():
        if line.startswith("#"):
            heading, head = line.lstrip("# "), ()
        if not line.startswith("|") or line.startswith("| :--"):
            continue
        cells = tuple(cell.strip() for cell in line.strip("|").split(" | "))
        if not head:
            head = cells
            found[heading] = ()
            continue
        assert len(cells) == len(head), line
        found[heading] = (*found[heading], dict(zip(head, cells, strict=True)))
    return found


def row_of(tables: Tables, heading: str, model: str) -> Mapping[str, str]:
    """The model's; KeyError for a heading without a table, StopIteration for a model that is not in it."""
    return next(row for row in tables[heading] if row["model"].startswith(f"[{model}]("))


def point(text: str) -> float:
    """Of a figure, with its unit and interval or without."""
    return float(text.split(" ")[0].removesuffix("x"))
