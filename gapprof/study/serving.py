"""What a native server of the model does with all cores, in rounds of fresh processes."""

from pathlib import Path

from gapprof.errors import ModelUnusable
from gapprof.measure.extra import Beyond, Extra, UnreachableError
from gapprof.records.lattice import Served
from gapprof.records.settings import Settings
from gapprof.records.subject import NativeRefusal
from gapprof.subject import child
from gapprof.subject.refusal import answer_of

LEAST_S = 1.5
_NATIVE = "native"


def serving(settings: Settings, *, scratch: Path, rounds: int) -> Extra:
    """Bound to one run of this machine."""

    def measure(beyond: Beyond) -> None:
        journal = beyond.journal
        cores = journal.begin.machine.usable_cores
        try:
            for number in range(rounds):
                job = beyond.job(_NATIVE, number, seed=settings.seed)
                request = {
                    "model": job.model_path,
                    "inputs": job.inputs_path,
                    "callers": cores,
                    "least_s": LEAST_S,
                }
                said = child.ask(
                    "gapprof.native.throughput", request, scratch=scratch, deadline_s=job.pace.deadline_s
                )
                answer = answer_of(said, doing="be served", hint="")
                if isinstance(answer, NativeRefusal):
                    journal.note("report", f"the study's server: {answer.message}")
                    return
                per_s = float(answer["runs_per_s"])
                journal.write(Served(round=number, callers=cores, runs_per_s=per_s))
        except (UnreachableError, ModelUnusable) as why:
            journal.note("report", f"the study's server: {why}")

    return measure
