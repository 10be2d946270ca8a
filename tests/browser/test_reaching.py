"""What a page on disk, and a tab beside it, reach: nothing beyond loopback. A page by its URL does."""

import http.server
import select
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from gapprof.backends.chromium import BACKEND
from gapprof.guard import Guard
from gapprof.records.settings import Settings
from gapprof.records.trial import Trial
from tests.browser.aftermath import LOOK_S, PATIENCE_S
from tests.browser.conftest import job_in, on
from tests.browser.served import answering, by_url, in_background
from tests.browser.watched_page import FOREVER, PREPARE, Watch


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """What lies beyond loopback, and what of it was asked."""

    asked: list[str]
    """Paths, by whose calls they are."""
    sockets: Sockets
    calls: Callable[[str], str]
    """Who asks → a script that asks for everything; its `gathered` is a promise that it has."""

    @property
    def heard(self) -> list[str]:
        """Sockets at which something has come by now: a datagram, a connection."""
        ready, _, _ = select.select(list(self.sockets.values()), [], [], 0.0)
        return [name for name, one in self.sockets.items() if one in ready]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What came of pages that ask for all of that, in a visit of real Chromium."""

    asked: list[str]
    heard: list[str] | None
    """None where there are no sockets."""


@contextmanager
def beyond() -> Iterator[Beyond]:
    with _outside() as (asked, fetching), _peer() as (sockets, calling):
        yield Beyond(asked=asked, sockets=sockets, calls=lambda who: f"{fetching(who)}\n{calling}")


def reached(there: Beyond) -> Reached:
    return Reached(asked=list(there.asked), heard=there.heard if there.sockets else None)


@contextmanager
def _outside() -> Iterator[tuple[list[str], Callable[[str], str]]]:
    """What a server was asked that the browser's rules do not call loopback, and scripts that ask it."""
    asked: list[str] = []
    handler = type("Bound", (_Counting,), {"asked": asked})
    server = http.server.ThreadingHTTPServer(("", 0), handler)
    port = server.server_address[1]
    hosts = ("127.0.0.2", socket.gethostname())

    def fetching(who: str) -> str:
        calls = " ".join(
            f"fetch('http://{host}:{port}/{who}', {{ mode: 'no-cors' }}).catch(() => {{}});" for host in hosts
        )
        return f"{calls} setInterval(() => {{ {calls} }}, 50);"

    with in_background(server):
        yield asked, fetching


@contextmanager
def _peer() -> Iterator[tuple[Sockets, str]]:
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


def _own_address() -> str | None:
    """By which others would call this machine: a UDP socket that is bound to a peer has sent nothing yet."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])


Visit = Callable[..., None]
"""With a page and tabs in that setting."""
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
HEARING = """
const channel = new BroadcastChannel('tab');
const told = new Promise((done) => { channel.onmessage = done; });
"""
"""The page's half: `told` once the tab beside it has asked for everything."""
TELLING = """
gathered.then(() => setInterval(() => new BroadcastChannel('tab').postMessage('asked'), 20));
"""


@pytest.fixture(scope="module")
def visit(model_folder: Path, tmp_path_factory: pytest.TempPathFactory, guard: Guard) -> Visit:
    def run(**where: object) -> None:
        job = job_in(tmp_path_factory.mktemp("reaching"), model_folder)
        outcome = BACKEND.open(Settings(), guard).timed(on(job, where="main", pacing="paced", **where))
        assert isinstance(outcome, Trial), outcome

    return run


@pytest.fixture(scope="module")
def from_disk(visit: Visit, tmp_path_factory: pytest.TempPathFactory) -> Reached:
    """Its model is not there before WebRTC has looked through all addresses, there and in the tab."""
    page, tab = (tmp_path_factory.mktemp(who) / f"{who}.html" for who in ("page", "tab"))
    with beyond() as there:
        late = LATE_MODEL % "Promise.all([gathered, told])"
        page.write_text(document(f"{there.calls('page')}\n{HEARING}\n{late}"))
        tab.write_text(document(f"{there.calls('tab')}\n{TELLING}"))
        visit(page=str(page), tabs=(str(tab),))
        return reached(there)


@pytest.fixture(scope="module")
def listened(shared: Watch) -> Reached:
    """A page that runs a model by itself, after WebRTC has looked through all addresses."""
    with beyond() as there:
        found = shared(f"{PREPARE}{there.calls('page')}\nawait gathered;{FOREVER}")
        assert found.seen.session.runs_ms
        return reached(there)


@pytest.fixture(scope="module")
def from_an_address(visit: Visit) -> Reached:
    """Its model is not there before every socket has heard of it, or the time for that is over."""
    with beyond() as there:

        def arrived(request: http.server.BaseHTTPRequestHandler) -> None:
            patience = time.monotonic() + ARRIVAL_S
            while len(there.heard) < len(there.sockets) and time.monotonic() < patience:
                time.sleep(LOOK_S)
            request.send_response(204)
            request.end_headers()

        with (
            answering(arrived) as arrival,
            by_url(f"{LATE_MODEL % ARRIVED % arrival}{there.calls('page')}") as page,
        ):
            visit(page=page)
        return reached(there)


def document(script: str) -> str:
    return f"<!doctype html><title>page</title><script>{script}</script>"


def test_a_page_on_disk_and_a_tab_beside_it_reach_nothing_beyond_loopback(from_disk: Reached) -> None:
    assert from_disk.asked == []


def test_a_page_on_disk_that_is_listened_to_reaches_nothing_beyond_loopback(listened: Reached) -> None:
    """Without a MODEL there is a visit of its own kind, in which the page runs its own."""
    assert listened.asked == []


def test_a_page_by_its_url_reaches_what_it_asks_for(from_an_address: Reached) -> None:
    """The other half of the claims above: the server can be reached, and such a script does ask."""
    assert set(from_an_address.asked) == {"/page"}


def test_no_datagram_of_a_page_on_disk_or_of_its_tab_leaves_loopback(from_disk: Reached) -> None:
    """WebRTC asks no resolver about an address that a page writes out."""
    assert known(from_disk) == []


def test_no_datagram_of_a_page_that_is_listened_to_leaves_loopback(listened: Reached) -> None:
    assert known(listened) == []


def test_datagrams_of_a_page_by_its_url_arrive(from_an_address: Reached) -> None:
    """The other half: both sockets hear of the same script where nothing keeps it in."""
    assert known(from_an_address) == ["udp", "tcp"]


def known(found: Reached) -> list[str]:
    if found.heard is None:
        pytest.skip("this machine has no address but loopback")
    return found.heard
