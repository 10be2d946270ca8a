"""What somebody else serves, on loopback."""

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

HELD_S = 30.0
"""At most: whoever was to look has failed by then, and says why."""
_LOOK_S = 0.01
"""Between two looks whether it is over: who ends a server waits for one."""


@contextmanager
def in_background(server: http.server.HTTPServer) -> Iterator[None]:
    """It answers until the end of the block, and is closed then."""
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(_LOOK_S,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join(timeout=5)


@contextmanager
def answering(answer: Callable[[http.server.BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """The address of a server of its own that answers so, whatever it is asked for."""

    class Asked(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_request(self, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Asked)
    with in_background(server):
        yield f"http://127.0.0.1:{server.server_port}/"


@contextmanager
def by_url(script: str, *, held: threading.Event | None = None) -> Iterator[str]:
    """The address of a page with that script; a `held` one is not answered before that is set."""
    body = f"<!doctype html><title>t</title><script>{script}</script>".encode()

    def page(asked: http.server.BaseHTTPRequestHandler) -> None:
        if held is not None:
            held.wait(HELD_S)
        asked.send_response(200)
        asked.send_header("Content-Type", "text/html")
        asked.send_header("Content-Length", str(len(body)))
        asked.end_headers()
        asked.wfile.write(body)

    with answering(page) as address:
        yield address
