"""Pages that make it hard: a trial is reported or fails with a reason, in time, and nothing is left."""

import http.server
import select
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof.backends.chromium import BACKEND, Chromium
from gapprof.browser import driver
from gapprof.guard import Guard
from gapprof.records.job import Job
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure, Trial
from tests.browser.aftermath import LOOK_S, PATIENCE_S
from tests.browser.conftest import IN_A_TASK, job_in, on
from tests.browser.served import answering, by_url, in_background
from tests.hostile.stepped_clock import stepping_library

SURVIVED = {
    "floods the console": """
        setInterval(() => { for (let i = 0; i < 200; i++) console.log('x'.repeat(500)); }, 20);""",
    "opens dialogs": "setInterval(() => { alert('a'); confirm('b'); prompt('c'); }, 50);",
    "asks before it is left": "addEventListener('beforeunload', (event) => { event.preventDefault(); });",
    "never becomes idle": """
        const spin = () => {
          const end = performance.now() + 5;
          while (performance.now() < end);
          setTimeout(spin);
        };
        spin();""",
    "sets the clock": """
        const hour = 3.6e6, now = Date.now;
        let readings = 0;
        Date.now = () => now() + (readings++ % 2 ? hour : -hour);""",
    "opens windows": "setInterval(() => open('about:blank'), 100);",
    "breaks what it can": """
        console.log = () => { throw new Error('no'); };
        Array.prototype.extra = 1;
        window.onerror = () => { throw new Error('again'); };
        Promise.reject(new Error('nobody listens'));""",
}
GOODBYE_MS = 10_000.0
"""For so long websockets waits for the end of a connection, whose other end may have much to say before."""
AT_ONCE = ("floods the console", "sets the clock")  # dialogs: see test_timed
SURVIVED["does two of these at once"] = "\n".join(f"{{{SURVIVED[what]}}}" for what in AT_ONCE)
QUICK = ("does two of these at once", "becomes another document")
ENDED = {
    "navigates away": (IN_A_TASK % "location.href = 'about:blank'", "page"),
    "becomes another document": (IN_A_TASK % "location.replace('/')", "page"),
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
    what: str,
    chromium: Chromium,
    job: Job,
    page_of: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(driver, "_PARTING_S", PATIENCE_S)
    began = time.perf_counter()
    outcome = chromium.timed(
        on(job, page=page_of(SURVIVED[what]), where="main", pacing="paced", deadline_s=PATIENCE_S)
    )
    took_ms = 1e3 * (time.perf_counter() - began)
    assert isinstance(outcome, Trial), outcome
    assert len(outcome.requests_ms) == job.pace.requests
    assert 0 < sum(outcome.requests_ms) < took_ms
    assert outcome.cold_ms["page"] < GOODBYE_MS


@pytest.mark.long
def test_a_clock_that_is_set_while_it_is_measured_moves_no_figure_of_a_browser(
    chromium: Chromium, job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of every process of the browser's, at every reading."""
    monkeypatch.setenv("LD_PRELOAD", str(stepping_library(tmp_path)))
    began = time.perf_counter()
    outcome = chromium.timed(job)
    took_ms = 1e3 * (time.perf_counter() - began)
    assert isinstance(outcome, Trial), outcome
    assert min(outcome.samples_ms) > 0
    figures = (*outcome.samples_ms, *outcome.warmup_ms, *outcome.cold_ms.values(), outcome.load.wall_ms)
    assert all(0 <= figure < took_ms for figure in figures)


@pytest.mark.parametrize("what", [_long_unless(what, QUICK) for what in ENDED])
def test_a_page_that_does_this_fails_with_its_reason(
    what: str, chromium: Chromium, job: Job, page_of: Callable[[str], str]
) -> None:
    script, kind = ENDED[what]
    memory = ("--max-old-space-size=60",) if kind == "out-of-memory" else ()
    long = replace(job, pace=replace(job.pace, warmup_ms=60_000.0))
    outcome = chromium.timed(
        on(long, page=page_of(script), where="main", js_flags=memory, deadline_s=PATIENCE_S)
    )
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


Sockets = Mapping[str, socket.socket]


@contextmanager
def outside() -> Iterator[tuple[list[str], str]]:
    """What a server was asked that the browser's rules do not call loopback, and a script that asks it."""
    asked: list[str] = []
    handler = type("Bound", (_Counting,), {"asked": asked})
    server = http.server.ThreadingHTTPServer(("", 0), handler)
    port = server.server_address[1]
    hosts = ("127.0.0.2", socket.gethostname())
    calls = " ".join(
        f"fetch('http://{host}:{port}/', {{ mode: 'no-cors' }}).catch(() => {{}});" for host in hosts
    )
    with in_background(server):
        yield asked, f"{calls} setInterval(() => {{ {calls} }}, 50);"


@contextmanager
def peer() -> Iterator[tuple[Sockets, str]]:
    """Sockets on an address of this machine that is none of loopback, and a page's calls there; none where it
    has no such address.

    Nobody listens meanwhile: the kernel keeps a datagram, and a connection, until somebody asks.
    """
    host = _own_address()
    if host is None:
        yield {}, "const gathered = Promise.resolve();"
        return
    with ExitStack() as stack:
        sockets = {
            name: stack.enter_context(socket.socket(socket.AF_INET, kind))
            for name, kind in (("udp", socket.SOCK_DGRAM), ("tcp", socket.SOCK_STREAM))
        }
        for one in sockets.values():
            one.bind((host, 0))
        sockets["tcp"].listen()
        udp, tcp = (f"{host}:{one.getsockname()[1]}" for one in sockets.values())
        calls = f"""
            const account = {{ username: 'u', credential: 'c' }};
            const iceServers = [
              {{ urls: 'stun:{udp}' }},
              {{ urls: 'turn:{udp}?transport=udp', ...account }},
              {{ urls: 'turn:{tcp}?transport=tcp', ...account }},
            ];
            const peer = new RTCPeerConnection({{ iceServers }});
            const gathered = new Promise((done) => {{
              peer.onicegatheringstatechange = () => void (peer.iceGatheringState === 'complete' && done());
            }});
            peer.createDataChannel('any');
            peer.createOffer().then((offer) => peer.setLocalDescription(offer));"""
        yield sockets, calls


def heard(sockets: Sockets) -> list[str]:
    """Those at which something has come by now: a datagram, a connection."""
    ready, _, _ = select.select(list(sockets.values()), [], [], 0.0)
    return [name for name, one in sockets.items() if one in ready]


def _own_address() -> str | None:
    """By which others would call this machine: a UDP socket that is bound to a peer has sent nothing yet."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What came of a page that asks for all of that, in a visit of real Chromium."""

    asked: list[str]
    heard: list[str] | None
    """None where there are no sockets."""


Placed = Callable[[str, Sockets], AbstractContextManager[str]]
"""How a script becomes a page, beside what it calls."""
Reaching = Callable[[Placed], Reached]
ARRIVAL_S = PATIENCE_S / 2
LATE_MODEL = """
const fetched = globalThis.fetch;
globalThis.fetch = async (what, ...more) => {
  if (String(what).includes('.onnx')) await %s;
  return fetched(what, ...more);
};
"""
"""A page whose model waits for that."""
ARRIVED = "fetched('%s', { mode: 'no-cors' }).catch(() => undefined)"
"""Until that address has answered."""


@pytest.fixture(scope="module")
def reaching(model_folder: Path, tmp_path_factory: pytest.TempPathFactory, guard: Guard) -> Reaching:

    def visit(placed: Placed) -> Reached:
        job = job_in(tmp_path_factory.mktemp("reaching"), model_folder)
        with outside() as (asked, fetching), peer() as (sockets, calling):
            with placed(f"{fetching}\n{calling}", sockets) as page:
                visited = on(job, page=page, where="main", pacing="paced")
                outcome = BACKEND.open(Settings(), guard).timed(visited)
            assert isinstance(outcome, Trial), outcome
            return Reached(asked=list(asked), heard=heard(sockets) if sockets else None)

    return visit


@pytest.fixture(scope="module")
def from_disk(reaching: Reaching, tmp_path_factory: pytest.TempPathFactory) -> Reached:
    """Its model is not there before WebRTC has looked through all addresses."""
    page = tmp_path_factory.mktemp("disk") / "page.html"

    def placed(script: str, _sockets: Sockets) -> AbstractContextManager[str]:
        late = f"{script}\n{LATE_MODEL % 'gathered'}"
        page.write_text(f"<!doctype html><title>page</title><script>{late}</script>")
        return nullcontext(str(page))

    return reaching(placed)


@pytest.fixture(scope="module")
def from_an_address(reaching: Reaching) -> Reached:
    return reaching(by_url_until_heard)


@contextmanager
def by_url_until_heard(script: str, sockets: Sockets) -> Iterator[str]:
    """Its model is not there before every socket has heard of it, or the time for that is over."""

    def arrived(request: http.server.BaseHTTPRequestHandler) -> None:
        patience = time.monotonic() + ARRIVAL_S
        while len(heard(sockets)) < len(sockets) and time.monotonic() < patience:
            time.sleep(LOOK_S)
        request.send_response(204)
        request.end_headers()

    with answering(arrived) as arrival, by_url(f"{LATE_MODEL % ARRIVED % arrival}{script}") as page:
        yield page


def test_a_page_on_disk_reaches_nothing_beyond_loopback(from_disk: Reached) -> None:
    assert from_disk.asked == []


def test_a_page_by_its_url_reaches_what_it_asks_for(from_an_address: Reached) -> None:
    """The other half of the claim above: the server can be reached, and the page's script does ask."""
    assert from_an_address.asked


def test_no_datagram_of_a_page_on_disk_leaves_loopback(from_disk: Reached) -> None:
    """WebRTC asks no resolver about an address that a page writes out."""
    assert known(from_disk) == []


def test_datagrams_of_a_page_by_its_url_arrive(from_an_address: Reached) -> None:
    """The other half: both sockets hear of the same script where nothing keeps it in."""
    assert known(from_an_address) == ["udp", "tcp"]


def known(reached: Reached) -> list[str]:
    if reached.heard is None:
        pytest.skip("this machine has no address but loopback")
    return reached.heard
