import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapprof.text import names

ANY_TEXT = st.text(alphabet=st.characters(), max_size=300)


@given(ANY_TEXT)
def test_nothing_that_a_terminal_obeys_survives(text: str) -> None:
    kept = names.harmless(text)
    assert not [sign for sign in kept if unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]


@given(ANY_TEXT)
def test_ascii_is_ascii(text: str) -> None:
    assert names.ascii_only(names.harmless(text)).isascii()


@given(ANY_TEXT, st.integers(min_value=0, max_value=50))
def test_a_name_is_never_longer_than_its_limit(text: str, limit: int) -> None:
    assert len(names.harmless(text, limit)) <= limit


def test_what_is_taken_out_is_shown_rather_than_dropped() -> None:
    assert names.harmless("a\x1b[31mb\u202ec\n") == "a\\x1b[31mb\\u202ec\\x0a"


def test_ordinary_names_stay_as_they_are() -> None:
    for name in ("/features/features.0/conv/Conv", "Größe", "层归一化", "naïve x_1"):
        assert names.harmless(name) == name


def test_a_pile_of_accents_is_cut_down() -> None:
    shown = names.harmless("e" + "\u0301" * 50)
    assert shown.count("\u0301") == 2


def test_both_ends_of_a_long_name_are_kept() -> None:
    assert names.middle("/encoder/layer.11/attention/MatMul_3", 20) == "/encoder/l…/MatMul_3"


def test_a_word_of_ten_thousand_signs_does_not_take_the_sentence_with_it() -> None:
    sentence = names.sentence(f"node {'A' * 10_000} failed", limit=20_000)
    assert sentence.startswith("node A")
    assert sentence.endswith(" failed")
    assert len(sentence) < 100


@pytest.mark.parametrize(
    "attack",
    [
        "| a | b |",
        "`code`",
        "<script>alert(1)</script>",
        "[x](https://evil.example)",
        "**bold**",
        "#1 @someone",
        "https://evil.example",
        "www.evil.example",
        "a\nb",
    ],
)
def test_markdown_shows_a_name_and_does_nothing_else(attack: str) -> None:
    quoted = names.markdown(attack)
    assert "\n" not in quoted
    assert "<" not in quoted
    for sign in "|`*[]#@":
        assert sign not in quoted.replace(f"\\{sign}", "")
    assert "://" not in quoted.replace("\\://", "")
    assert "www." not in quoted


def test_a_file_name_is_made_of_signs_that_every_system_takes() -> None:
    assert names.file_stem("zoo:mobile/net v2") == "zoo-mobile-net-v2"
    assert names.file_stem("../../etc/passwd") == "etc-passwd"
    assert names.file_stem("\u202e") == "model"
