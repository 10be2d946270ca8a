"""A start is read again as it was written, and none is taken that nobody can have seen."""

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.errors import WrongUse
from gapprof.records.codec import decode_recording, encode_entry
from gapprof.records.cold import Compiling, KeptFiles, Start
from tests.truth.recorder import record
from tests.unit.facts.started import native, web


def damaged() -> list[tuple[str, Start]]:
    lazy = Compiling(compiler="baseline", thread="main", functions=1, compile_ms=1.0, lazy_ms=2.0)
    kept = KeptFiles(stage="import", size_bytes=10, kept_bytes=11)
    return [
        ("impossible work of the baseline compiler", web(compilers=(lazy,))),
        ("a page that was seen to load in -1 ms", web(page_observed_ms=-1.0)),
        ("a start that was seen for 900 ms", web(whole_observed_ms=900.0, pause_ms=900.0)),
        ("a start that was seen for 900 ms", web(whole_observed_ms=900.0, pause_ms=-1.0)),
        ("a start that was seen for 900 ms", web(whole_observed_ms=900.0, pause_ms=500.0, word_ms=400.0)),
        ("a first result that came -1 ms late", web(word_ms=-1.0)),
        ("read from the disk", replace(native(), read_bytes={"import": -1})),
        ("of which more was kept than there is", replace(native(), kept_files=(kept,))),
    ]


@pytest.mark.parametrize(("said", "entry"), damaged())
def test_what_no_start_can_have_shown_is_refused(said: str, entry: Start) -> None:
    lines = [encode_entry(one) for one in (record(Machine()).begin, entry)]
    with pytest.raises(WrongUse, match=said):
        decode_recording(lines, source="x.jsonl")


def test_a_start_is_read_again_as_it_was_written() -> None:
    work = (Compiling(compiler="lazy", thread="CrRendererMain", functions=3, compile_ms=5.0),)
    whole = web("code-cached", compilers=work, v8_flags=("--flag",), page_observed_ms=51.0, attempt=1)
    whole = replace(whole, whole_observed_ms=1300.0, pause_ms=200.0, word_ms=0.4)
    kept = (KeptFiles(stage="import", size_bytes=10, kept_bytes=9),)
    plain = replace(native(), kept_files=kept, read_bytes={"import": 1})
    lines = [encode_entry(one) for one in (record(Machine()).begin, whole, plain)]
    assert decode_recording(lines, source="x.jsonl").entries == (whole, plain)
