"""How text gets onto a surface: every string is made harmless here, and spelled in ASCII where it must be."""

from dataclasses import dataclass

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from gapprof.records.surface import Surface
from gapprof.text import names

_EIGHTHS = " ▏▎▍▌▋▊▉"
_FULL = "█"
_NAME = 200


@dataclass(frozen=True, slots=True)
class Ink:
    """A surface to write on. Colour only repeats what a word or a length already says."""

    surface: Surface

    @property
    def width(self) -> int:
        """Columns to fill."""
        return self.surface.width

    def text(self, words: str, style: str = "") -> Text:
        """A line of text, never read as markup."""
        return Text(self.spelled(names.sentence(words)), style=style)

    def name(self, name: str, width: int, style: str = "") -> Text:
        """A name held to `width` columns, both its ends kept."""
        spelled = self.spelled(names.harmless(name, _NAME))
        shortened = spelled
        keep = width
        while cell_len(shortened) > width and keep > 0:
            shortened = self.spelled(names.middle(spelled, keep))
            keep -= 1
        return Text(shortened, style=style, no_wrap=True)

    def spelled(self, words: str) -> str:
        """The same words in the signs that the surface takes."""
        return words if self.surface.unicode else names.ascii_only(words)

    def bar(self, share: float, width: int, style: str = "") -> Text:
        """A share of 1 as a length; nothing below 0, the whole width above 1."""
        cells = max(0.0, min(1.0, share)) * width
        if not self.surface.unicode:
            return Text("#" * round(cells), style=style)
        whole, eighth = divmod(round(cells * 8), 8)
        return Text(_FULL * whole + (_EIGHTHS[eighth] if eighth else ""), style=style)

    def grid(self) -> Table:
        """Columns without lines, one space apart, one space from the left edge."""
        return Table(box=None, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")

    def points(self, sentences: tuple[str, ...], style: str = "") -> Table:
        """A list of sentences with hanging indent."""
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.width = self.width
        grid.add_column(width=2, justify="right")
        grid.add_column(ratio=1, overflow="fold")
        for sentence in sentences:
            grid.add_row(Text("-"), self.text(sentence, style))
        return grid
