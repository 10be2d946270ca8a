"""`gapprof explain` on served pages that work against it: it says what the page did, and leaves nothing.

Single visits of more of them: `browser/test_hard_pages.py`.
"""

import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gapprof import Report
from gapprof.errors import ExitCode
from gapprof.reports import read_report
from tests.browser.aftermath import PATIENCE_S, assert_nothing_left, mortal, seen
from tests.browser.conftest import IN_A_TASK
from tests.browser.served import by_url
from tests.browser.short_run import BROWSER
from tests.live.in_few_rounds import GAPPROF, HOW_MANY, surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """What a page does, and how a run inside it ends."""

    script: str
    options: tuple[str, ...] = ()
    code: ExitCode
    status: frozenset[str]
    says: tuple[str, ...]
    """Sentences that tell what the page did."""


NO_FIGURE = "the browser gave no figure: the page "
PAGES = {
    "floods the console and opens dialogs": Hostile(
        script="""
            const line = 'x'.repeat(500);
            const burning = () => { for (const end = performance.now() + 20; performance.now() < end; ); };
            const shouting = () => { for (let i = 0; i < 100; i++) console.log(line); };
            setInterval(function flooding() { shouting(); burning(); }, 60);
            setInterval(function asking() { alert('a'); confirm('b'); prompt('c'); burning(); }, 100);""",
        code=ExitCode.OK,
        status=frozenset({"ok", "unreliable"}),
        says=("flooding", "asking"),
    ),
    "never becomes idle": Hostile(
        script="""
            const turns = new MessageChannel();
            turns.port1.onmessage = function spinning() {
              for (const end = performance.now() + 5; performance.now() < end; );
              turns.port2.postMessage(0);
            };
            turns.port2.postMessage(0);""",
        code=ExitCode.OK,
        status=frozenset({"ok", "unreliable"}),
        says=("spinning",),
    ),
    "navigates away": Hostile(
        script=IN_A_TASK % "location.href = 'about:blank'",
        code=ExitCode.ENVIRONMENT_UNUSABLE,
        status=frozenset({"failed"}),
        says=(
            "No report: native gave no figure: the run ended before it came to that; "
            f"{NO_FIGURE}went away in the middle of a task: ",
        ),
    ),
    "allocates until it dies": Hostile(
        script=IN_A_TASK % "const hoard = []; for (;;) hoard.push(new Array(1e5).fill({}));",
        options=("--js-flags=--max-old-space-size=60",),
        code=ExitCode.MODEL_UNUSABLE,
        status=frozenset({"failed"}),
        says=(f"No ratio: {NO_FIGURE}ran out of memory", "Native takes "),
    ),
}


@pytest.fixture
def temporary() -> Iterator[Path]:
    """For all temporary files of a run; short, because sockets have short names."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.parametrize(
    "what",
    [
        # In `make test` single visits of the others, and whole runs on another page that never rests.
        pytest.param(what, marks=() if what == "allocates until it dies" else pytest.mark.long)
        for what in PAGES
    ],
)
def test_a_run_inside_a_page_that_does_this_ends_with_its_reason(
    what: str, model: Path, temporary: Path, tmp_path: Path
) -> None:
    page, out, looked = PAGES[what], tmp_path / "report.json", threading.Event()
    with by_url(page.script, held=looked) as address:
        command = [*GAPPROF, "explain", str(model), "--page", address, *page.options]
        command += ["--rungs", "ends", "--budget", "1", "--allow-noisy", "--json", str(out), "-v"]
        run = subprocess.Popen(
            [*command, "--recording", str(tmp_path / "run.jsonl")],
            env=surroundings(TMPDIR=str(temporary), **{HOW_MANY: "1"}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        with mortal(run) as process:
            there = seen(process.pid, "no browser", lambda alive: any(BROWSER in one for one in alive.words))
            looked.set()
            shown, told = (stream.decode() for stream in process.communicate(timeout=PATIENCE_S))
    assert process.returncode == page.code, told[-2000:]
    assert "Traceback" not in shown + told
    assert_nothing_left(there, temporary)
    report = read_report(out)
    assert report.status in page.status, report.status_why
    for sentence in page.says:
        assert sentence in said_of_the_page(report)
        assert sentence in " ".join(shown.split())


def said_of_the_page(report: Report) -> str:
    """The headline, and what a trace has of the page's own work."""
    contention = next(row for row in report.causes if row.id == "contention")
    return " ".join((report.headline, *(one.text for one in contention.evidence if one.kind == "trace")))
