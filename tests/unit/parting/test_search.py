"""What is asked for look after look, and what is concluded from what is seen."""

from collections.abc import Collection, Mapping

import pytest
from msgspec.structs import replace

from gapprof.parting.graph import MOST, Graph, graph_of
from gapprof.parting.search import MOST_LOOKS, Search
from gapprof.records.trial import OutputCheck
from tests.truth.recorder import check
from tests.unit.parting.test_graph import chain, model, node

APART = check("web", difference=1.0, output="y")


def seen(
    wanted: Collection[str], wrong: Collection[str], *, output: OutputCheck = APART
) -> list[OutputCheck]:
    """Of a look: the model's own output as given, and what was asked for."""
    return [output, *(check("web", difference=float(one in wrong), output=one) for one in wanted)]


def searched(graph: Graph, wrong: Collection[str]) -> Search:
    search = Search(graph=graph, outputs=(APART,))
    while (wanted := search.wanted()) is not None:
        search.learn(seen(wanted, wrong))
    return search


def test_at_first_nothing_is_handed_out_but_the_model_s_own_outputs() -> None:
    search = Search(graph=chain(12), outputs=(APART,))
    assert search.wanted() == ()
    search.learn(seen((), ()))
    assert search.wanted()


def test_outputs_that_agree_when_they_are_asked_for_again_are_not_healed() -> None:
    search = Search(graph=chain(12), outputs=(APART,))
    search.learn(seen((), (), output=check("web", output="y")))
    assert (search.why, search.healed) == ("outputs agreed when the page was visited again", False)
    assert search.wanted() is None


def test_what_was_handed_out_when_they_healed_is_known_as_well() -> None:
    search = Search(graph=chain(6), outputs=(APART,))
    search.learn(seen((), ()))
    wanted = search.wanted()
    assert wanted
    search.learn(seen(wanted, (), output=check("web", output="y")))
    assert (search.why, search.healed, search.wanted()) == ("", True, None)
    assert [one.check.output for one in search.between] == ["y", *wanted]
    assert [one.own for one in search.between] == [True, *(len(wanted) * [False])]


def side_by_side(branches: int) -> Graph:
    """So many nodes that one adds up: all of them are looked at."""
    names = [f"t{number}" for number in range(branches)]
    return graph_of(model([*(node("Neg", ["x"], name) for name in names), node("Sum", names, "y")]))


@pytest.mark.parametrize("looks", [1, MOST_LOOKS])
def test_a_last_look_that_ends_it_was_enough(looks: int) -> None:
    search = searched(side_by_side(MOST * looks), ())
    assert (search.looks, search.why) == (1 + looks, "")


def test_where_a_last_look_leaves_something_open_that_is_said() -> None:
    search = searched(side_by_side(MOST * MOST_LOOKS + 1), ())
    assert (search.looks, search.why) == (1 + MOST_LOOKS, f"{MOST_LOOKS} looks were not enough")


def test_past_a_condition_that_differs_the_way_up_goes_on() -> None:
    graph = graph_of(
        model([node("Neg", ["x"], "a"), node("IsNaN", ["a"], "c"), node("Where", ["c", "x", "w"], "y")])
    )
    types: Mapping[str, str] = {"a": "float32", "c": "bool"}
    search = Search(graph=graph, outputs=(APART,))
    while (wanted := search.wanted()) is not None:
        search.learn([replace(one, dtype=types.get(one.output, "float32")) for one in seen(wanted, {"c"})])
    assert (search.looks, search.why) == (2, "")
    assert {one.check.output for one in search.between} == {"y", "a", "c"}
