"""A program that is a browser, and has the process that runs a model without pause as its child.

Linux shares cores out among sessions before it shares them out among the threads of one (sched_autogroup): a
process of the browser's own session competes for a core as a worker does, one of another session competes
with the browser as a whole.
"""

import os
import shlex
from pathlib import Path

from busy.process import command, environment
from gapprof.records.job import Job

_SCRIPT = """#!/bin/sh
cd {folder}
mkfifo held.$$ said.$$
{variables} {command} < held.$$ > said.$$ &
exec 3> held.$$
read said < said.$$ || exit 1
exec {browser} "$@"
"""
"""Waits for the first run. The browser that takes its place holds the pipe without which the process ends."""


def accompanied(browser: Path, job: Job, folder: Path) -> Path:
    """A file in `folder` to start in the place of that browser; what else it starts ends with the browser."""
    changed = {name: value for name, value in environment().items() if os.environ.get(name) != value}
    path = folder / "accompanied-browser"
    script = _SCRIPT.format(
        folder=shlex.quote(str(folder)),
        variables=" ".join(f"{name}={shlex.quote(value)}" for name, value in changed.items()),
        command=shlex.join(command(job)),
        browser=shlex.quote(str(browser.absolute())),
    )
    path.write_text(script, encoding="utf-8")
    path.chmod(0o700)
    return path
