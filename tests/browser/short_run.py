"""One short `gapprof explain` on the tiny model, a process of its own, to be met in the midst of a trial.

Of visits that take as little as they can, and that wait for no core: who stops it waits for some of them.
"""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema

from gapprof.errors import WrongUse
from gapprof.recordings import read_recording
from gapprof.records import schema
from gapprof.records.trial import Failure, Trial
from tests.browser.aftermath import Alive, seen
from tests.live.in_few_rounds import GAPPROF, surroundings

NATIVE, BROWSER = "gapprof.native.worker", "--type=renderer"
"""A word of the command line by which a trial's process is known."""
INTERRUPTED = b"gapprof: interrupted; the report is of what was measured until then"
"""What is said where a run was told to stop."""
SEEDS = {NATIVE: 22, BROWSER: 11}
"""By which a first round of two cores begins with native trials, or has its second one in the browser."""


class Run:
    """One `gapprof explain` on the tiny model, with a temporary folder of its own."""

    def __init__(self, model: Path, temporary: Path, folder: Path) -> None:
        self.temporary = temporary
        self.recording = folder / "run.jsonl"
        self.json = folder / "report.json"
        self.command = [*GAPPROF, "explain", str(model), "--rungs", "main"]
        self.command += ["--json", str(self.json), "--recording", str(self.recording)]

    def begin(self, word: str = BROWSER, **how: object) -> subprocess.Popen[bytes]:
        """To be stopped in a trial of that kind, and so with one of those soon."""
        environment = surroundings(TMPDIR=str(self.temporary), TERM="xterm")
        command = [*self.command, "--seed", str(SEEDS[word])]
        return subprocess.Popen(command, env=environment, start_new_session=True, **how)

    def trials(self) -> list[Trial]:
        """What the recording holds of the rounds; nothing before it is begun."""
        try:
            return [trial for trial in read_recording(self.recording).of(Trial) if trial.round >= 0]
        except WrongUse:
            return []

    def visits(self) -> list[Trial | Failure]:
        """Everything that the rounds came to; none before the first line is there, and whole."""
        if not self.recording.exists() or b"\n" not in self.recording.read_bytes():
            return []
        entries = read_recording(self.recording).entries
        return [one for one in entries if isinstance(one, Trial | Failure) and one.round >= 0]

    def seen_in(self, pid: int, word: str, watch: Callable[[], object] = lambda: None) -> Alive:
        """What is alive in the midst of a trial of that kind, at least one trial having been recorded."""

        def midst(there: Alive) -> bool:
            watch()
            return any(word in words for words in there.words) and bool(self.trials())

        return seen(pid, f"no trial with {word}", midst)

    def document(self) -> dict[str, Any]:
        """What was asked for, and valid."""
        document = json.loads(self.json.read_bytes())
        jsonschema.validate(document, json.loads(schema.schema_text()))
        return document

    def report(self) -> dict[str, Any]:
        """That, and whole: every trial of the recording is in it, and none of them is."""
        document = self.document()
        told = [(sample["rung"], sample["round"], sample["samples_ms"]) for sample in document["samples"]]
        assert told == [(one.rung, one.round, list(one.samples_ms)) for one in self.trials()]
        assert told
        return document

    def assert_told_as_interrupted(self) -> None:
        """It failed where no round has a figure of both sides; in which round it was stopped is chance."""
        document = self.report()
        assert (document["status"] == "failed") == (document["gap"]["ratio"] is None)
        self.assert_ended_as_interrupted()

    def assert_ended_as_interrupted(self) -> None:
        """By the recording's last word."""
        end = read_recording(self.recording).end
        assert end is not None
        assert end.reason == "interrupted"
