"""What every backend owes: one file, its own id, a factory that opens it, and refusals in words."""

from collections.abc import Iterator, Mapping

import pytest

from gapprof import backends, rungs
from gapprof.errors import WrongUse
from gapprof.guard import Guard
from gapprof.measure.resolve import resolve
from gapprof.records.backend import Backend
from gapprof.records.settings import Settings
from gapprof.registry import load

FACTORIES = load(backends, "BACKEND")
RUNGS = rungs.ladder("wasm")
SETTINGS = {
    rung.id: resolve(rung.environment, Settings(), cores=2, page_cores=2, page_threads=1, page_isolated=True)
    for rung in RUNGS.values()
}


@pytest.fixture(scope="module")
def opened() -> Iterator[Mapping[str, Backend]]:
    """All that can be opened; a replay wants a recording first."""
    with Guard() as guard:
        yield {
            name: factory.open(Settings(), guard) for name, factory in FACTORIES.items() if name != "replay"
        }


def test_every_environment_of_the_ladder_has_a_backend_of_its_name() -> None:
    assert {rung.environment.backend for rung in RUNGS.values()} <= set(FACTORIES)


def test_a_replay_without_a_recording_says_what_it_wants() -> None:
    with pytest.raises(WrongUse, match="needs a recording") as caught:
        FACTORIES["replay"].open(Settings(), Guard())
    assert caught.value.hint


@pytest.mark.parametrize("name", sorted(FACTORIES.keys() - {"replay"}))
def test_a_backend_bears_the_id_of_its_plug_in_and_has_every_method(
    name: str, opened: Mapping[str, Backend]
) -> None:
    assert opened[name].id == FACTORIES[name].id
    for method in ("refuse", "timed", "profiled", "traced"):
        assert callable(getattr(opened[name], method))


@pytest.mark.parametrize("rung", SETTINGS)
def test_a_rung_is_given_or_refused_in_a_sentence(rung: str, opened: Mapping[str, Backend]) -> None:
    refusal = opened[SETTINGS[rung].backend].refuse(SETTINGS[rung])
    assert refusal is None or (refusal.strip() and "\n" not in refusal)
