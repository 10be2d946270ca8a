from gapprof.text.suggestion import did_you_mean


def test_the_closest_word_is_suggested() -> None:
    assert did_you_mean("thread", ("page", "threads")) == "Did you mean threads?"


def test_where_none_is_close_all_are_listed() -> None:
    assert did_you_mean("xyz", ("page", "threads")) == "There are: page, threads."
