"""Profiles as the protocol has them, counted."""

from typing import Any

import pytest

from gapprof.browser.sampler import counted, is_the_models


def node(number: int, name: str) -> dict[str, Any]:
    return {"id": number, "callFrame": {"functionName": name, "columnNumber": 17}, "children": []}


def test_functions_of_wasm_are_counted_by_index_wherever_they_were_called_from() -> None:
    names = ["(root)", "run", "wasm-function[1422]", "wasm-function[7]", "wasm-function[1422]", "(idle)"]
    profile = {
        "nodes": [node(number, name) for number, name in enumerate(names, start=1)],
        "samples": [3, 3, 5, 4, 2, 6, 6, 6, 1],
    }
    found = counted(profile)
    assert list(found.by_function.items()) == [(1422, 3), (7, 1)]
    assert found.all == 5


def test_the_collector_and_the_rest_are_no_functions_but_were_seen() -> None:
    profile = {
        "nodes": [node(1, "(garbage collector)"), node(2, "(program)"), node(3, "wasm-to-js:d:")],
        "samples": [1, 2, 3],
    }
    assert counted(profile).by_function == {}
    assert counted(profile).all == 3


@pytest.mark.parametrize(
    ("kind", "title", "ours"),
    [
        ("worker", "gapprof", True),
        ("worker", "", False),
        ("worker", "em-pthread", False),
        ("page", "gapprof", False),
    ],
)
def test_of_all_workers_of_a_page_the_one_with_the_model_is_sampled(
    kind: str, title: str, ours: bool
) -> None:
    assert is_the_models({"type": kind, "title": title}) == ours


def test_a_profile_without_samples_is_empty() -> None:
    assert counted({"nodes": []}).all == 0
