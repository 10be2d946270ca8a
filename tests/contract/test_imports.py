"""Imports point one way, and nothing right of the recording touches a clock, process, browser or disk."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import gapprof

ROOT = Path(gapprof.__file__).parent
IMPURE_PARTS = (
    *(
        "browser",
        "native",
        "measure",
        "backends",
        "kernels",
        "yardstick",
        "instrument",
        "transplant",
        "gpu",
        "gpu_kernels",
        "own_kernels",
        "qoe",
        "memory",
        "cold",
        "lattice",
        "scaling",
        "study",
        "parting",
    ),
)
IMPURE_MODULES = frozenset(
    {
        "asyncio",
        "ctypes",
        "io",
        "multiprocessing",
        "os",
        "pathlib",
        "psutil",
        "random",
        "shutil",
        "signal",
        "socket",
        "subprocess",
        "tempfile",
        "threading",
        "time",
        "urllib",
    }
)
ASKING = ("getpass", "locale", "platform", "sys", "sysconfig")
"""They know where they are."""
LINUX_ONLY = frozenset({"fcntl", "grp", "pty", "pwd", "resource", "termios"})
PURE = (
    *("stats", "facts", "causes", "explain", "comparison", "budgets", "render", "markdown", "text"),
    *("digest", "wasm", "selftest/judges", "selftest/plants"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a module imports, anywhere and when it is loaded, and the lines in which it opens or prints."""

    imported: tuple[str, ...]
    loaded: tuple[str, ...]
    opening: tuple[int, ...]


def modules(part: str) -> list[Path]:
    return sorted((ROOT / part).rglob("*.py"))


@cache
def read(path: Path) -> Read:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    return Read(
        imported=tuple(names(nodes)),
        loaded=tuple(names(tree.body)),
        opening=tuple(
            node.lineno
            for node in nodes
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("open", "print")
        ),
    )


def names(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def violations(part: str, forbidden: tuple[str, ...]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(part)
        for name in read(path).imported
        if any(name == one or name.startswith(f"{one}.") for one in forbidden)
    ]


def test_stats_import_nothing_of_ours_but_stats() -> None:
    foreign = [
        f"{path.name} imports {name}"
        for path in modules("stats")
        for name in read(path).imported
        if name.startswith("gapprof") and not name.startswith("gapprof.stats")
    ]
    assert foreign == []


def test_records_import_only_records_errors_and_stats() -> None:
    allowed = ("gapprof.records", "gapprof.errors", "gapprof.stats")
    foreign = [
        f"{path.name} imports {name}"
        for path in modules("records")
        for name in read(path).imported
        if name.startswith("gapprof.") and not name.startswith(allowed)
    ]
    assert foreign == []


@pytest.mark.parametrize("part", PURE)
def test_what_analyses_or_draws_never_imports_what_measures(part: str) -> None:
    assert violations(part, tuple(f"gapprof.{name}" for name in IMPURE_PARTS)) == []


@pytest.mark.parametrize("part", PURE)
def test_right_of_the_recording_there_is_no_clock_process_or_file(part: str) -> None:
    assert violations(part, tuple(IMPURE_MODULES)) == []


@pytest.mark.parametrize("part", [part for part in PURE if part != "budgets"])
def test_right_of_the_recording_nothing_can_ask_which_platform_it_is_on(part: str) -> None:
    """Budgets take the largest float from `sys`."""
    assert violations(part, ASKING) == []


@pytest.mark.parametrize("part", PURE)
def test_right_of_the_recording_nothing_opens_a_file(part: str) -> None:
    calls = [f"{path.relative_to(ROOT)}:{line}" for path in modules(part) for line in read(path).opening]
    assert calls == []


@pytest.mark.parametrize(
    ("part", "forbidden"),
    [
        ("facts", ("gapprof.causes", "gapprof.explain", "gapprof.render")),
        ("causes", ("gapprof.explain", "gapprof.render")),
        ("explain", ("gapprof.comparison", "gapprof.budgets", "gapprof.render", "gapprof.terminal")),
        ("comparison", ("gapprof.budgets", "gapprof.render", "gapprof.markdown", "gapprof.terminal")),
        ("budgets", ("gapprof.comparison", "gapprof.render", "gapprof.markdown", "gapprof.terminal")),
    ],
)
def test_stages_do_not_look_ahead(part: str, forbidden: tuple[str, ...]) -> None:
    assert violations(part, forbidden) == []


def test_no_module_imports_linux_only_names_when_it_is_loaded() -> None:
    found = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sorted(ROOT.rglob("*.py"))
        for name in read(path).loaded
        if name.split(".")[0] in LINUX_ONLY
    ]
    assert found == []
