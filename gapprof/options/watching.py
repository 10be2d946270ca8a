"""Who watches a run: a view on a terminal, plain lines elsewhere, nobody where that is wished."""

import sys
from contextlib import ExitStack

from gapprof.options.screen import surface_of
from gapprof.records.progress import Observer


def chosen_observer(stack: ExitStack, *, quiet: bool, no_color: bool) -> Observer:
    """On stderr; `stack` closes the view."""
    from gapprof import live

    if quiet:
        return live.silent
    if not sys.stderr.isatty():
        return live.telling(sys.stderr)
    return stack.enter_context(live.watching(sys.stderr, surface_of(sys.stderr, plain=no_color)))
