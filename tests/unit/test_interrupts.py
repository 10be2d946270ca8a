"""Being told to stop: when it waits, when it does not, and what it never costs."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from gapprof.errors import ExitCode
from gapprof.interrupts import Hold, all_alike, held
from gapprof.records import schema
from tests.unit.subject.drawing import drawn, relu, saved

STOPS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
posix = pytest.mark.skipif(os.name != "posix", reason="signals come between processes on POSIX only")

PROGRAM = """
import signal, sys

class Stopping:
    '''Sends gapprof a signal at the moment at which it begins to import the module named.'''

    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            signal.raise_signal(int(sys.argv[2]))

sys.meta_path.insert(0, Stopping())
from gapprof import cli
sys.exit(cli.run(sys.argv[3:]))
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return saved(drawn([relu()]), tmp_path / "small.onnx")


def stopped(
    module: str, number: signal.Signals, *arguments: object, folder: Path
) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", PROGRAM, module, str(int(number)), *map(str, arguments)]
    places = {name: str(folder / name) for name in ("GAPPROF_CACHE_DIR", "GAPPROF_STATE_DIR")}
    return subprocess.run(
        words, env={**os.environ, **places}, capture_output=True, text=True, timeout=120, check=False
    )


@posix
@pytest.mark.parametrize(
    ("module", "number"),
    [
        ("gapprof.options.settings", signal.SIGINT),
        ("gapprof.live", signal.SIGTERM),
        ("numpy.linalg", signal.SIGINT),
        pytest.param("scipy.special", signal.SIGTERM, marks=pytest.mark.long),
        pytest.param("gapprof.subject.open", signal.SIGINT, marks=pytest.mark.long),
        ("gapprof.guard", STOPS[-1]),
    ],
)
def test_from_the_first_moment_on_an_interrupt_writes_the_report(
    module: str, number: signal.Signals, model: Path, tmp_path: Path
) -> None:
    path, recording = tmp_path / "report.json", tmp_path / "run.jsonl"
    done = stopped(
        module, number, "explain", model, "--json", path, "--recording", recording, folder=tmp_path
    )
    assert done.stderr == "gapprof: interrupted\n"
    assert done.returncode == ExitCode.INTERRUPTED
    document = json.loads(path.read_bytes())
    jsonschema.validate(document, json.loads(schema.schema_text()))
    assert (document["status"], document["status_why"]) == ("failed", "interrupted")
    assert not recording.exists()


@posix
def test_wrong_use_stays_wrong_use(model: Path, tmp_path: Path) -> None:
    """Nothing was to be written, so nothing is owed to whoever interrupts."""
    done = stopped(
        "gapprof.options.settings", signal.SIGINT, "explain", model, "--budget", "0", folder=tmp_path
    )
    assert done.returncode == ExitCode.WRONG_USE
    assert "--budget is 0" in done.stderr


@pytest.mark.parametrize("number", STOPS)
def test_in_a_hold_an_interrupt_waits_until_the_end(number: signal.Signals) -> None:
    done = []

    def work() -> None:
        with all_alike(), held():
            signal.raise_signal(number)
            done.append("all of it")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["all of it"]


@pytest.mark.parametrize("number", STOPS)
def test_one_that_waited_comes_through_once_when_the_hold_is_lifted(number: signal.Signals) -> None:
    done = []
    with all_alike(), held() as hold:
        signal.raise_signal(number)
        signal.raise_signal(number)
        with pytest.raises(KeyboardInterrupt), hold.lifted():
            done.append("measured")
        done.append("reported")
    assert done == ["reported"]


@pytest.mark.parametrize("number", STOPS)
def test_where_the_hold_is_lifted_an_interrupt_comes_at_once(number: signal.Signals) -> None:
    done = []

    def measure(hold: Hold) -> None:
        with hold.lifted():
            signal.raise_signal(number)
            done.append("measured")

    with all_alike(), held() as hold:
        with pytest.raises(KeyboardInterrupt):
            measure(hold)
        signal.raise_signal(number)
        done.append("reported")
        with pytest.raises(KeyboardInterrupt), hold.lifted():
            done.append("measured again")
    assert done == ["reported"]


def test_whoever_insists_is_let_through() -> None:
    with held():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_afterwards_everything_is_as_before() -> None:
    before = [signal.getsignal(number) for number in STOPS]
    with all_alike(), held() as hold, hold.lifted():
        assert [signal.getsignal(number) for number in STOPS] != before
    assert [signal.getsignal(number) for number in STOPS] == before


@posix
@pytest.mark.parametrize("number", STOPS)
def test_what_gapprof_was_started_deaf_to_stays_unheard(number: signal.Signals) -> None:
    """As nohup does with SIGHUP, and a shell's `&` with SIGINT."""
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with all_alike(), held() as hold:
            signal.raise_signal(number)
            with hold.lifted():
                signal.raise_signal(number)
        assert signal.getsignal(number) is signal.SIG_IGN
    finally:
        signal.signal(number, before)


@posix
def test_a_background_job_that_is_deaf_to_ctrl_c_can_still_be_ended() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with pytest.raises(KeyboardInterrupt), all_alike():
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGINT, before)
