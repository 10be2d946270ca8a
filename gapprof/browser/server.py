"""The loopback server that a page gets everything from: unguessable path, exact Host, allow-listed files."""

import contextlib
import http.server
import queue
import secrets
import selectors
import shutil
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

from gapprof.browser.mounts import Folder, content_type, decoded, find

ANSWER_BYTES = 256 * 2**20
OUTPUT_BYTES = 2 * 2**30
READ_S = 30.0
"""A socket that says nothing for so long is given up."""
_CHUNK = 2**20
_SLOWEST_BYTES_PER_S = 2**20
_ISOLATION = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}


@dataclass(slots=True, kw_only=True)
class Site:
    """What is served and what was brought back. Paths in `folders` and `blobs` are below the token."""

    folders: Mapping[str, Folder]
    """`ort/` → folder; a user's page is below the token as well."""
    blobs: Mapping[str, bytes] = field(default_factory=dict)
    root: Folder | None = None
    """The user's folder again, for a page that asks for `/style.css`; only who got the cookie may."""
    isolated: bool
    origin: str | None = None
    """The one foreign origin whose page may read from here; None: our own pages only."""
    caching: str = "no-store"
    """What browsers are told about keeping it (Cache-Control)."""
    fetched: list[str] = field(default_factory=list)
    """Paths below the token, in order, of files that were found and sent."""
    missed: list[str] = field(default_factory=list)
    """The same of files that are not there; with a slash in front where a page asked for the root's."""
    posted: dict[str, bytes] = field(default_factory=dict)
    """`outputs`, `trace` → the last body."""
    tasks: "queue.Queue[bytes]" = field(default_factory=queue.Queue)
    answers: "queue.Queue[bytes]" = field(default_factory=queue.Queue)


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A running server."""

    site: Site
    base: str
    """`http://127.0.0.1:PORT/TOKEN/`: everything of ours is below it."""

    def url(self, below: str) -> str:
        """Address of something below the token."""
        return self.base + below


@contextlib.contextmanager
def serving(site: Site) -> Iterator[Serving]:
    """Serve until left; the port is free then, and until then nobody wakes up but to answer."""
    token = secrets.token_urlsafe(16)
    server = _Server(("127.0.0.1", 0), _Handler)
    host = f"127.0.0.1:{server.server_address[1]}"
    server.RequestHandlerClass = type("_Bound", (_Handler,), {"site": site, "token": token, "host": host})
    over, ending = socket.socketpair()
    thread = threading.Thread(target=_serve, args=(server, over), daemon=True)
    with server, over, ending:
        thread.start()
        try:
            yield Serving(site=site, base=f"http://{host}/{token}/")
        finally:
            ending.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=5.0)


def _serve(server: "_Server", over: socket.socket) -> None:
    """Until the other end of that socket is shut."""
    with selectors.DefaultSelector() as waiting:
        for one in (server, over):
            waiting.register(one, selectors.EVENT_READ)
        while not any(key.fileobj is over for key, _ in waiting.select()):
            server.handle_request()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    timeout = 0.0  # whoever was to be answered may have gone since

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Silence: a browser that is killed in the middle of a transfer is normal here."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a body waits 40 ms for the acknowledgement of its head
    timeout = READ_S
    site: Site
    token: str
    host: str

    def do_GET(self) -> None:
        """A task, a blob or a file."""
        if not self._known_host():
            return
        below = self._below()
        if below == "tasks/next":
            self._send_task()
        elif below is not None and below in self.site.blobs:
            self.site.fetched.append(below)
            self._send_bytes(self.site.blobs[below], content_type(Path(below)))
        else:
            self._send_file(below)

    def do_HEAD(self) -> None:
        """Not needed by any page of ours."""
        self._refuse(HTTPStatus.METHOD_NOT_ALLOWED)

    def do_OPTIONS(self) -> None:
        """A preflight: granted to the one foreign origin only."""
        if self._known_host():
            known = self.site.origin is not None and self._below() is not None
            self._head(HTTPStatus.NO_CONTENT if known else HTTPStatus.FORBIDDEN, 0, "")

    def do_POST(self) -> None:
        """An answer, the outputs of one run, or a recording of what it asked of the GPU."""
        if not self._known_host():
            return
        below = self._below() or ""
        limit = {"outputs": OUTPUT_BYTES, "trace": OUTPUT_BYTES, "answers": ANSWER_BYTES}.get(below)
        length = self.headers.get("Content-Length", "")
        if limit is None:
            self._refuse(HTTPStatus.NOT_FOUND)
        elif not length.isdigit():
            self._refuse(HTTPStatus.LENGTH_REQUIRED)
        elif int(length) > limit:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            body = self._body(int(length))
            if body is None:
                self._refuse(HTTPStatus.REQUEST_TIMEOUT)
                return
            if below == "answers":
                self.site.answers.put(body)
            else:
                self.site.posted[below] = body
            self._head(HTTPStatus.NO_CONTENT, 0, "")

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Never logs: addresses hold the token."""

    def log_error(self, *args: Any) -> None:
        """Never logs either."""

    def _known_host(self) -> bool:
        """Whether the Host header is exactly ours; a name that was rebound to loopback is not."""
        if self.headers.get("Host") == self.host:
            return True
        self._refuse(HTTPStatus.FORBIDDEN)
        return False

    def _send_task(self) -> None:
        try:
            self._send_bytes(self.site.tasks.get_nowait(), "application/json")
        except queue.Empty:
            self._head(HTTPStatus.NO_CONTENT, 0, "")

    def _below(self) -> str | None:
        """The asked path below the token; None: it is not below it."""
        path = decoded(self.path)
        return path.removeprefix(f"/{self.token}/") if path.startswith(f"/{self.token}/") else None

    def _body(self, length: int) -> bytes | None:
        """The request's body; None when it does not come in time."""
        deadline = time.monotonic() + READ_S + length / _SLOWEST_BYTES_PER_S
        parts: list[bytes] = []
        while length and time.monotonic() < deadline:
            parts.append(self.rfile.read(min(length, _CHUNK)))
            if not parts[-1]:
                return None
            length -= len(parts[-1])
        return b"".join(parts) if not length else None

    def _send_file(self, below: str | None) -> None:
        path = below if below is not None else decoded(self.path)
        if below is not None:
            file = find(self.site.folders, below)
        elif self.site.root and f"gapprof={self.token}" in self.headers.get("Cookie", "").split("; "):
            # Without the token in the path anybody on this machine could ask: the page shows its cookie.
            file = self.site.root.find(path.lstrip("/"))
        else:
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        if file is None:
            self.site.missed.append(path)
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        if below is not None:
            self.site.fetched.append(below)
        with file.open("rb") as source:
            self._head(HTTPStatus.OK, file.stat().st_size, content_type(file))
            shutil.copyfileobj(source, self.wfile, _CHUNK)

    def _send_bytes(self, body: bytes, kind: str) -> None:
        self._head(HTTPStatus.OK, len(body), kind)
        self.wfile.write(body)

    def _refuse(self, status: HTTPStatus) -> None:
        self.close_connection = True  # an unread body would be taken for the next request
        self._head(status, 0, "")

    def _head(self, status: HTTPStatus, length: int, kind: str) -> None:
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        if status is not HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(length))
        self.send_header("Cache-Control", self.site.caching)
        self.send_header("X-Content-Type-Options", "nosniff")
        if self.site.root is not None and self._below() is not None:
            self.send_header("Set-Cookie", f"gapprof={self.token}; Path=/; HttpOnly; SameSite=Strict")
        for name, value in self._policies().items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def _policies(self) -> dict[str, str]:
        own = dict(_ISOLATION) if self.site.isolated else {}
        if self.site.origin is None:
            return own | {"Cross-Origin-Resource-Policy": "same-origin"}
        return own | {
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Access-Control-Allow-Origin": self.site.origin,
            "Timing-Allow-Origin": self.site.origin,
            "Access-Control-Allow-Headers": "Content-Type",
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Private-Network": "true",
            "Vary": "Origin",
        }

    def version_string(self) -> str:
        """No version of Python in every header."""
        return "gapprof"
