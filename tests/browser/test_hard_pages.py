"""Pages that make it hard: a trial is reported or fails with a reason, in time, and nothing is left."""

import http.server
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from gapprof.backends.chromium import Chromium
from gapprof.records.job import Job
from gapprof.records.trial import Failure, Trial
from tests.browser.conftest import on

SURVIVED = {
    "floods the console": """
        setInterval(() => { for (let i = 0; i < 2000; i++) console.log('x'.repeat(500)); }, 20);""",
    "opens dialogs": "setInterval(() => { alert('a'); confirm('b'); prompt('c'); }, 50);",
    "asks before it is left": "addEventListener('beforeunload', (event) => { event.preventDefault(); });",
    "never becomes idle": """
        const spin = () => {
          const end = performance.now() + 5;
          while (performance.now() < end);
          setTimeout(spin);
        };
        spin();""",
    "opens windows": "setInterval(() => open('about:blank'), 100);",
    "breaks what it can": """
        console.log = () => { throw new Error('no'); };
        Array.prototype.extra = 1;
        window.onerror = () => { throw new Error('again'); };
        Promise.reject(new Error('nobody listens'));""",
}
QUICK = ("floods the console", "opens dialogs", "becomes another document")
ENDED = {
    "navigates away": ("setTimeout(() => { location.href = 'about:blank'; }, 300);", "page"),
    "becomes another document": ("setTimeout(() => { location.replace('/'); }, 300);", "page"),
    "allocates until it dies": (
        """
        const hoard = [];
        setInterval(() => { for (let i = 0; i < 20; i++) hoard.push(new Array(1e6).fill(i)); }, 1);""",
        "out-of-memory",
    ),
}


def _long_unless(what: str, quick: tuple[str, ...]) -> object:
    return pytest.param(what, marks=() if what in quick else pytest.mark.long)


@pytest.mark.parametrize("what", [_long_unless(what, QUICK) for what in SURVIVED])
def test_a_page_that_does_this_is_measured(
    what: str, chromium: Chromium, job: Job, page_of: Callable[[str], str]
) -> None:
    outcome = chromium.timed(
        on(job, page=page_of(SURVIVED[what]), where="main", pacing="paced", deadline_s=40.0)
    )
    assert isinstance(outcome, Trial), outcome
    assert len(outcome.requests_ms) == job.pace.requests


@pytest.mark.parametrize("what", [_long_unless(what, QUICK) for what in ENDED])
def test_a_page_that_does_this_fails_with_its_reason(
    what: str, chromium: Chromium, job: Job, page_of: Callable[[str], str]
) -> None:
    script, kind = ENDED[what]
    memory = ("--max-old-space-size=60",) if kind == "out-of-memory" else ()
    outcome = chromium.timed(on(job, page=page_of(script), where="main", js_flags=memory, deadline_s=40.0))
    assert isinstance(outcome, Failure), outcome
    assert outcome.kind == kind, outcome
    assert outcome.message
    assert "\n" not in outcome.message


class _Counting(http.server.BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_request(self, *arguments: object) -> None:
        pass


@pytest.fixture
def outside() -> Iterator[tuple[list[str], str]]:
    """What a server was asked that the browser's rules do not call loopback, and a script that asks it."""
    asked: list[str] = []
    handler = type("Bound", (_Counting,), {"asked": asked})
    server = http.server.ThreadingHTTPServer(("", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    port = server.server_address[1]
    hosts = ("127.0.0.2", socket.gethostname())
    calls = " ".join(
        f"fetch('http://{host}:{port}/', {{ mode: 'no-cors' }}).catch(() => {{}});" for host in hosts
    )
    yield asked, f"{calls} setInterval(() => {{ {calls} }}, 50);"
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)


def test_a_page_on_disk_reaches_nothing_beyond_loopback(
    chromium: Chromium, job: Job, page_of: Callable[[str], str], outside: tuple[list[str], str]
) -> None:
    asked, script = outside
    outcome = chromium.timed(on(job, page=page_of(script), where="main", pacing="paced"))
    assert isinstance(outcome, Trial), outcome
    assert asked == []


def test_a_page_by_its_url_reaches_what_it_asks_for(
    chromium: Chromium, job: Job, outside: tuple[list[str], str]
) -> None:
    """The other half of the claim above: the server can be reached, and the page's script does ask."""
    asked, script = outside

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = f"<!doctype html><title>t</title><script>{script}</script>".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        outcome = chromium.timed(on(job, page=address, where="main", pacing="paced"))
        server.shutdown()
    assert isinstance(outcome, Trial), outcome
    assert asked
