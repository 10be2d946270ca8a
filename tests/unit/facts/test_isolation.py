import pytest

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.facts.case import Case
from gapprof.facts.isolation import isolated, isolation_evidence, more_threads
from gapprof.records.recording import Recording
from gapprof.records.settings import Settings
from tests.truth.recorder import FULL, begin, record

NOT_ISOLATED = Settings(threads=2, isolation=False)


@pytest.mark.parametrize(("asked", "found"), [(FULL, True), (NOT_ISOLATED, False)])
def test_isolation_is_what_the_page_found(asked: Settings, found: bool) -> None:
    assert isolated(Case(record(Machine(), asked))) is found


def test_before_anything_was_seen_only_the_missing_headers_are_certain() -> None:
    assert isolated(Case(Recording(begin=begin(FULL)))) is None
    assert isolated(Case(Recording(begin=begin(NOT_ISOLATED)))) is False


def test_a_measured_remedy_is_quoted_with_its_time() -> None:
    machine = Machine(latency_ms=ladder_ms({"web-isolated": 0.5}))
    case = Case(record(machine, NOT_ISOLATED, side_rounds=3))
    texts = [one.text for one in isolation_evidence(case) if one.kind == "what-if"]
    assert (
        texts[0]
        == "With the headers the page takes 5.00 ms [5.00, 5.00], 2.00x [2.00, 2.00] faster, measured."
    )
    assert more_threads(case) == "web-threads"


def test_without_a_remedy_measured_there_is_none() -> None:
    assert more_threads(Case(record(Machine(), NOT_ISOLATED))) is None
