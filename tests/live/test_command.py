"""`gapprof explain` as it is typed, to its end, inside a page that somebody else serves."""

import functools
import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import jsonschema
import pytest

from gapprof.errors import ExitCode
from gapprof.records import schema
from tests.live.conftest import BURN_MS, EVERY_MS

VISITS = 3
"""At least: of the page, one in each round."""


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
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield Elsewhere(f"http://127.0.0.1:{server.server_port}/index.html", asked)
        finally:
            server.shutdown()


def test_a_model_is_explained_inside_somebody_elses_page(
    model: Path, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    """What the page's timer costs, by its sign: other tests share the cores."""
    out = tmp_path / "report.json"
    command = [sys.executable, "-m", "gapprof", "explain", str(model), "--page", elsewhere.url]
    command += ["--rungs", "ends", "--budget", "1", "--allow-noisy", "--no-color", "--json", str(out)]
    done = subprocess.run(
        [*command, "--recording", str(tmp_path / "run.jsonl")],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == ExitCode.OK, done.stderr[-2000:]
    report = json.loads(out.read_text(encoding="utf-8"))
    jsonschema.validate(report, json.loads(schema.schema_text()))
    assert report["settings"]["page"] == elsewhere.url
    assert report["latency_ms"]["web"]["point"] > 0
    assert elsewhere.asked.count("/index.html") >= VISITS
    assert report["headline"] in " ".join(done.stdout.split())
    contention = next(row for row in report["causes"] if row["id"] == "contention")
    page = next(child for child in contention["children"] if child["id"] == "page")
    assert page["factor"]["point"] > 1
    assert page["factor"] == contention["factor"]
    timer = next(one for one in contention["evidence"] if "burnHalfTheTime" in one["text"])
    assert timer["kind"] == "trace"
    assert timer["value"] == pytest.approx(1000 * BURN_MS / EVERY_MS, rel=0.4)
