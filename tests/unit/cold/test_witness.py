"""When a page had its first result, by what V8 stamps its words with."""

import time

import pytest

from gapprof.cold.witness import WORD, Witness


def said(
    witness: Witness, at_s: float, *, level: str = "debug", words: tuple[object, ...] = (WORD,)
) -> dict[str, object]:
    """As the protocol tells of a call of the console, at a moment of `time.perf_counter`."""
    arguments = [{"type": "string", "value": word} for word in words]
    return {"type": level, "args": arguments, "timestamp": (at_s + witness.epoch_s) * 1e3}


def test_our_word_alone_says_when() -> None:
    witness, now_s = Witness(), time.perf_counter()
    for at_s, level, words in (
        (1.0, "log", (WORD,)),
        (2.0, "debug", ("something else",)),
        (3.0, "debug", (WORD, "and more")),
        (4.0, "debug", (WORD,)),
    ):
        witness.heard(said(witness, now_s + at_s, level=level, words=words))
    assert witness.result_s(now_s, now_s + 10.0) == pytest.approx(now_s + 4.0, abs=1e-3)


def test_both_clocks_are_the_machines() -> None:
    before_s = time.time() - time.perf_counter()
    assert Witness().epoch_s == pytest.approx(before_s, abs=60.0), "however long nobody had a core in between"


@pytest.mark.parametrize("at_s", [-1.0, 11.0])
def test_a_word_from_before_the_order_or_after_the_answer_says_nothing(at_s: float) -> None:
    witness, now_s = Witness(), time.perf_counter()
    witness.heard(said(witness, now_s + at_s))
    assert witness.result_s(now_s, now_s + 10.0) is None


def test_a_page_that_says_nothing_has_no_moment() -> None:
    assert Witness().result_s(0.0, 10.0) is None


@pytest.mark.parametrize("by_s", [-3600.0, -0.002, 0.002, 3600.0])
def test_a_stamp_counts_only_where_the_time_of_day_was_not_set(
    by_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    witness, now_s, true_time = Witness(), time.perf_counter(), time.time
    witness.heard(said(witness, now_s + 1.0))
    assert witness.result_s(now_s, now_s + 2.0) is not None
    monkeypatch.setattr(time, "time", lambda: true_time() + by_s)
    assert witness.result_s(now_s, now_s + 2.0) is None


@pytest.mark.parametrize("late", ["before", "after"])
def test_who_lost_the_core_between_two_clocks_has_not_set_one(
    late: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all readings one is as they should be. The clocks are the test's own: it alone loses time."""
    now_s, since_1970_s, pauses_s = 50.0, 1.7e9, [0.002] * 4

    def time_of_day() -> float:
        nonlocal now_s
        pause_s = pauses_s.pop() if pauses_s else 0.0
        read_s = since_1970_s + now_s + (pause_s if late == "before" else 0.0)
        now_s += pause_s
        return read_s

    monkeypatch.setattr(time, "perf_counter", lambda: now_s)
    monkeypatch.setattr(time, "time", lambda: since_1970_s + now_s)
    witness, said_s = Witness(), now_s + 1.0
    witness.heard(said(witness, said_s))
    monkeypatch.setattr(time, "time", time_of_day)
    assert witness.result_s(now_s, now_s + 2.0) == pytest.approx(said_s, abs=1e-3)
    assert pauses_s == []
