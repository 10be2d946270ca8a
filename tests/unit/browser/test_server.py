import http.client
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gapprof.browser import server as server_module
from gapprof.browser.mounts import Folder
from gapprof.browser.server import Serving, Site, serving
from tests.patience import SOON_S


@pytest.fixture
def site(tmp_path: Path) -> Site:
    (tmp_path / "style.css").write_text("body {}")
    (tmp_path / "m.mjs").write_text("export {};")
    return Site(folders={"page/": Folder(root=tmp_path)}, blobs={"inputs.bin": b"\1\2"}, isolated=True)


@pytest.fixture
def served(site: Site) -> Iterator[Serving]:
    with serving(site) as running:
        yield running


def ask(
    served: Serving,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> http.client.HTTPResponse:
    parts = urlsplit(served.base)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=SOON_S)
    connection.request(method, path, body=body, headers=dict(headers or {}))
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


def below(served: Serving, path: str) -> str:
    return urlsplit(served.url(path)).path


def test_files_come_with_isolation_and_are_never_stored(served: Serving) -> None:
    response = ask(served, "GET", below(served, "page/m.mjs"))
    assert response.status == 200
    assert response.headers["Content-Type"] == "text/javascript"
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in response.headers
    assert served.site.fetched == ["page/m.mjs"]


def test_without_isolation_there_is_none(site: Site) -> None:
    site.isolated = False
    with serving(site) as served:
        headers = ask(served, "GET", below(served, "page/m.mjs")).headers
    assert "Cross-Origin-Opener-Policy" not in headers
    assert "Cross-Origin-Embedder-Policy" not in headers


@pytest.mark.parametrize("path", ["/", "/page/m.mjs", "/wrong-token/page/m.mjs", "/style.css", "//", "/%00"])
def test_without_the_token_there_is_nothing(served: Serving, path: str) -> None:
    assert ask(served, "GET", path).status == 404


@pytest.mark.parametrize("host", ["localhost", "evil.example", "127.0.0.1", "evil.example:80"])
def test_any_other_host_name_is_refused(served: Serving, host: str) -> None:
    assert ask(served, "GET", below(served, "page/m.mjs"), headers={"Host": host}).status == 403
    assert ask(served, "POST", below(served, "answers"), b"x", headers={"Host": host}).status == 403
    assert served.site.answers.empty()


def test_the_users_folder_at_the_root_is_for_who_got_the_cookie(site: Site, tmp_path: Path) -> None:
    site.root = Folder(root=tmp_path)
    with serving(site) as served:
        first = ask(served, "GET", below(served, "page/m.mjs"))
        cookie = first.headers["Set-Cookie"].partition(";")[0]
        assert ask(served, "GET", "/style.css").status == 404
        assert ask(served, "GET", "/style.css", headers={"Cookie": "gapprof=guess"}).status == 404
        assert ask(served, "GET", "/style.css", headers={"Cookie": f"a=b; {cookie}"}).status == 200


def test_tasks_are_handed_out_once_and_answers_taken(served: Serving) -> None:
    served.site.tasks.put(b'{"kind":"open"}')
    assert ask(served, "GET", below(served, "tasks/next")).status == 200
    assert ask(served, "GET", below(served, "tasks/next")).status == 204
    assert ask(served, "POST", below(served, "answers"), b'{"kind":"opened"}').status == 204
    assert served.site.answers.get_nowait() == b'{"kind":"opened"}'


def test_outputs_are_kept_and_other_posts_refused(served: Serving) -> None:
    assert ask(served, "POST", below(served, "outputs"), b"\0\1").status == 204
    assert served.site.posted == {"outputs": b"\0\1"}
    assert ask(served, "POST", below(served, "page/m.mjs"), b"x").status == 404
    assert ask(served, "POST", "/outputs", b"x").status == 404
    assert ask(served, "PUT", below(served, "outputs"), b"x").status == 501


def test_a_body_beyond_the_limit_is_refused_unread(served: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "ANSWER_BYTES", 3)
    assert ask(served, "POST", below(served, "answers"), b"1234").status == 413
    assert served.site.answers.empty()


def test_a_body_that_never_comes_does_not_hold_the_server(
    served: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once its head is there, its connection has a fifth of a second in place of the time that all have."""
    body, had_s = server_module._Handler._body, list[float | None]()

    def impatient(self: server_module._Handler, length: int) -> bytes | None:
        had_s.append(self.connection.gettimeout())
        self.connection.settimeout(0.2)
        return body(self, length)

    monkeypatch.setattr(server_module._Handler, "_body", impatient)
    parts = urlsplit(served.base)
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=SOON_S) as slow:
        slow.sendall(
            f"POST {below(served, 'answers')} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            "Content-Length: 10\r\n\r\nabc".encode()
        )
        assert slow.recv(100) == b""
    assert had_s == [server_module.READ_S]
    assert served.site.answers.empty()
    assert ask(served, "GET", below(served, "inputs.bin")).status == 200


def test_a_foreign_page_reads_only_by_its_exact_origin(site: Site) -> None:
    site.origin = "https://app.example"
    with serving(site) as served:
        response = ask(served, "GET", below(served, "page/m.mjs"), headers={"Origin": "https://evil.example"})
        assert response.headers["Access-Control-Allow-Origin"] == "https://app.example"
        assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert ask(served, "OPTIONS", below(served, "outputs")).status == 204
        assert ask(served, "OPTIONS", "/outputs").status == 403


def test_our_own_pages_need_no_preflight(served: Serving) -> None:
    assert ask(served, "OPTIONS", below(served, "outputs")).status == 403


def test_the_port_is_free_afterwards(site: Site) -> None:
    with serving(site) as served:
        port = int(urlsplit(served.base).port or 0)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_no_two_servers_share_a_token(site: Site) -> None:
    with serving(site) as one, serving(site) as two:
        assert urlsplit(one.base).path != urlsplit(two.base).path
        assert len(urlsplit(one.base).path) > 20
