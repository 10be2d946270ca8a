from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.explain.report import build
from tests.truth.recorder import record


def headline(factors: dict[str, float]) -> str:
    return build(record(Machine(latency_ms=ladder_ms(factors), noise=0.002), side_rounds=2)).headline


def test_the_sentence_says_how_much_with_what_and_what_can_be_won() -> None:
    found = headline({"native-128": 3.0, "native-all-128": 3.0, "native-extended": 2.0, "web": 1.1})
    assert found == (
        "6.6x slower in the browser: 3.0x comes with 128-bit wasm, 2.0x with a layout only native has, "
        "1.10x is the page's own work getting in the way; the best change open to you would win back 1.10x."
    )


def test_what_is_not_separated_is_not_hidden() -> None:
    assert "1.5x is not separated yet" in headline({"web-worker": 1.5})


def test_what_was_measured_is_told_as_such() -> None:
    assert "the best change open to you wins back 2.0x" in headline({"web-worker": 2.0, "web-threads": 0.5})


def test_nothing_to_change_is_said() -> None:
    assert "no change open to you was found to help beyond doubt" in headline({"web-worker": 2.0})


def test_a_faster_browser_is_said_the_right_way_round() -> None:
    assert headline({"web-worker": 0.5}) == "2.0x faster in the browser than natively."


def test_nothing_is_called_expected() -> None:
    assert "expected" not in headline({"native-128": 3.0, "native-all-128": 3.0})
