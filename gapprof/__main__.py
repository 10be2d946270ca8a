"""`python -m gapprof`: the same as the `gapprof` command."""

from gapprof.cli import main

main()
