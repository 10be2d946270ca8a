"""What a browser says on stderr, however much it says."""

import os
import threading

from gapprof.browser.launch import Stderr


def heard(said: bytes) -> Stderr:
    """A reader that has read all of it."""
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(said)

    writer = threading.Thread(target=write)
    writer.start()
    stderr = Stderr(os.fdopen(reading, "rb"))
    writer.join()
    stderr.close()
    return stderr


def test_everything_an_ordinary_browser_says_is_kept_in_order() -> None:
    assert heard(b"one\ntwo\nthree").text() == "one\ntwo\nthree"


def test_of_a_flood_the_first_and_the_last_words_are_kept() -> None:
    stderr = heard(b"unrecognized flag --x\n" + b"noise\n" * 1_000_000 + b"javascript OOM\n")
    assert stderr.text().startswith("unrecognized flag --x\n")
    assert stderr.tail().endswith("javascript OOM\n")
    assert len(stderr.text()) < 100_000


def test_a_line_without_an_end_does_not_fill_the_memory() -> None:
    stderr = heard(b"x" * 20_000_000)
    assert len(stderr.text()) < 10_000_000
