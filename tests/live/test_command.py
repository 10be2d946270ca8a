"""`gapprof explain` as it is typed, to its end, inside a page that somebody else serves."""

import functools
import http.server
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import jsonschema
import pytest

from gapprof.errors import ExitCode
from gapprof.facts.case import Case
from gapprof.facts.steps import before_the_page
from gapprof.recordings import read_run
from gapprof.records import schema
from gapprof.reports import read_report
from tests.browser.served import in_background
from tests.live import burning
from tests.live.in_few_rounds import GAPPROF, HOW_MANY, surroundings
from tests.live.joins import assert_reads

VISITS = 2
"""At least: of the page, a first one, and one in the only round."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A server without COOP and COEP."""

    url: str
    asked: list[str] = field(default_factory=list)
    """Paths, in order."""


@pytest.fixture
def elsewhere(page_folder: Path) -> Iterator[Elsewhere]:
    asked: list[str] = []

    class Noted(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            """Keeps the path alone."""
            asked.append(self.path)

    handler = functools.partial(Noted, directory=str(page_folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    with in_background(server):
        yield Elsewhere(f"http://127.0.0.1:{server.server_port}/index.html", asked)


def test_a_model_is_explained_inside_somebody_elses_page(
    model: Path, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    """What the page's timer costs is what this run's own trials say: other tests share the cores."""
    out, path = tmp_path / "report.json", tmp_path / "run.jsonl"
    command = [*GAPPROF, "explain", str(model), "--page", elsewhere.url]
    command += ["--rungs", "ends", "--budget", "1", "--allow-noisy", "--no-color", "--json", str(out)]
    done = subprocess.run(
        [*command, "--recording", str(path)],
        env=surroundings(**{HOW_MANY: "1"}),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == ExitCode.OK, done.stderr[-2000:]
    jsonschema.validate(json.loads(out.read_bytes()), json.loads(schema.schema_text()))
    report, recording = read_report(out), read_run(path)
    assert report.settings.page == elsewhere.url
    assert report.latency_ms.web is not None
    assert elsewhere.asked.count("/index.html") >= VISITS
    assert report.headline in " ".join(done.stdout.split())
    contention = next(row for row in report.causes if row.id == "contention")
    page = next(child for child in contention.children if child.id == "page")
    assert_reads(page, recording, before_the_page(Case(recording)), "web")
    assert page.factor == contention.factor
    burning.assert_its_timer_is_named(report, recording)
    burning.assert_requests_wait_for_it(recording)
