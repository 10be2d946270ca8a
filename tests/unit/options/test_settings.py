from pathlib import Path

import pytest

from gapprof.errors import WrongUse
from gapprof.options.settings import settings_from
from gapprof.records.settings import Settings


def test_nothing_given_is_the_contracts_defaults() -> None:
    assert settings_from({}) == Settings()


@pytest.mark.parametrize(
    "option",
    [
        {"budget_s": 0.0},
        {"budget_s": -1.0},
        {"budget_s": float("nan")},
        {"budget_s": float("inf")},
        {"precision_percent": 0.0},
        {"precision_percent": 101.0},
        {"threads": 0},
        {"threads": 10_000},
        {"seed": -1},
        {"where": "sideways"},
        {"backend": "webnn"},
        {"backend": "wasm,"},
        {"backend": "webgpu", "twins": True},
        {"backend": "webgl,wasm", "cold": True},
        {"backend": "webgpu,webgl", "memory": True},
        {"backend": "webgpu", "scaling": True},
        {"backend": "webgpu", "rungs": "native-avx"},
        {"page": "no/such/page.html"},
        {"page": "n" * 5000},
        {"page": "file:///etc/passwd"},
        {"page": ""},
        {"page": "http://"},
        {"page": "https://[half"},
        {"inputs": "no-such.npz"},
        {"web_dist": "no-such-folder"},
        {"rungs": ""},
        {"rungs": "native,nonsense"},
        {"shapes": {"x": ()}},
        {"shapes": {"x": (1, 0)}},
        {"threads": "two"},
        {"nonsense": 1},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_wrong_use_with_a_hint(option: dict[str, object]) -> None:
    with pytest.raises(WrongUse) as refused:
        settings_from(option)
    assert refused.value.hint


@pytest.mark.parametrize("option", ["cold", "memory"])
@pytest.mark.parametrize("backend", ["webgpu", "webgpu,wasm"])
def test_starts_and_memory_are_told_of_webgpu_as_well(backend: str, option: str) -> None:
    assert getattr(settings_from({"backend": backend, option: True}), option) is True


def test_a_misspelt_rung_gets_a_suggestion() -> None:
    with pytest.raises(WrongUse) as refused:
        settings_from({"rungs": "native,web-bsy"})
    assert refused.value.hint == "Did you mean web-busy?"


def test_a_misspelt_option_of_the_python_call_gets_a_suggestion() -> None:
    with pytest.raises(WrongUse) as refused:
        settings_from({"budget": 60})
    assert refused.value.hint == "Did you mean budget_s?"


def test_rungs_are_kept_without_spaces_and_doubles() -> None:
    assert settings_from({"rungs": "web-busy, engine,web-busy"}).rungs == "web-busy,engine"


@pytest.mark.parametrize("page", ["quiet", "busy", "http://127.0.0.1:1/x", "https://example.org/"])
def test_a_page_is_a_word_or_an_address(page: str) -> None:
    assert settings_from({"page": page}).page == page


def test_a_page_may_be_a_file_and_paths_may_be_paths(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p>")
    assert settings_from({"page": page}).page == str(page)


def test_a_folder_is_a_page_only_with_an_index(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"without an index\.html"):
        settings_from({"page": tmp_path})
    (tmp_path / "index.html").write_text("<p>")
    assert settings_from({"page": tmp_path}).page == str(tmp_path)


def test_a_hidden_file_is_no_page(tmp_path: Path) -> None:
    (tmp_path / ".page.html").write_text("<p>")
    with pytest.raises(WrongUse, match="hidden file"):
        settings_from({"page": tmp_path / ".page.html"})


def test_whether_somebody_elses_page_is_isolated_is_not_ours_to_say() -> None:
    with pytest.raises(WrongUse, match="for pages that gapprof serves"):
        settings_from({"page": "http://127.0.0.1:9/", "isolation": False})


def test_a_word_for_several_rungs_stands_alone() -> None:
    with pytest.raises(WrongUse, match="mixes main with other names"):
        settings_from({"rungs": "web-busy,main"})


def test_another_backend_is_not_in_this_version() -> None:
    with pytest.raises(WrongUse, match="not in this version"):
        settings_from({"backend": "webnn"})
