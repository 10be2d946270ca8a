from pathlib import Path

import pytest

from gapprof.browser.mounts import Folder, content_type, decoded, find


@pytest.fixture
def site(tmp_path: Path) -> Path:
    root = tmp_path / "site"
    (root / "sub").mkdir(parents=True)
    (root / "index.html").write_text("start")
    (root / "sub" / "a.mjs").write_text("a")
    (root / ".secret").write_text("s")
    (tmp_path / "outside.txt").write_text("o")
    return root


@pytest.mark.parametrize(
    "path",
    [
        "../outside.txt",
        "sub/../../outside.txt",
        "/etc/passwd",
        "sub/..%2f..%2foutside.txt",
        ".secret",
        "sub/./.secret",
        "sub",
        "a\0b",
        "x" * 5000,
    ],
)
def test_nothing_but_visible_files_of_the_folder_is_found(site: Path, path: str) -> None:
    assert Folder(root=site).find(decoded(path)) is None


def test_a_link_that_leads_out_of_the_folder_is_not_followed(site: Path, tmp_path: Path) -> None:
    (site / "link.txt").symlink_to(tmp_path / "outside.txt")
    (site / "inside.txt").symlink_to(site / "index.html")
    assert Folder(root=site).find("link.txt") is None
    assert Folder(root=site).find("inside.txt") == site / "index.html"


def test_a_folder_with_names_gives_those_only(site: Path) -> None:
    folder = Folder(root=site, only=frozenset({"index.html"}))
    assert folder.find("index.html") == site / "index.html"
    assert folder.find("sub/a.mjs") is None


def test_a_folder_address_means_its_index(site: Path) -> None:
    assert Folder(root=site).find("") == site / "index.html"
    assert Folder(root=site).find("sub/") is None


def test_the_longest_mount_decides(site: Path) -> None:
    mounts = {"page/": Folder(root=site), "page/sub/": Folder(root=site / "sub")}
    assert find(mounts, "page/index.html") == site / "index.html"
    assert find(mounts, "page/sub/a.mjs") == site / "sub" / "a.mjs"
    assert find(mounts, "other") is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.mjs", "text/javascript"),
        ("a.WASM", "application/wasm"),
        ("a.html", "text/html; charset=utf-8"),
        ("a.unheard", "application/octet-stream"),
    ],
)
def test_types_that_browsers_insist_on(name: str, kind: str) -> None:
    assert content_type(Path(name)) == kind
