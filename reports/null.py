"""One side against itself, ten times natively and ten times in the browser: no cause may cost or save.

python reports/null.py [native|web ...]   default: both; writes reports/null/SIDE-NUMBER.jsonl and the page
python reports/null.py table              the table of what is there; it measures nothing

The measuring is that of benchmarks/null_runs.py, which says how. Natively it takes
some eight minutes, in the browser a quarter of an hour.
"""

import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

from msgspec.structs import replace
from places import forget_places

from gapprof import Report, analyze
from gapprof.explain.report import build
from gapprof.recordings import read_run
from gapprof.records.estimate import EFFECTS
from gapprof.records.recording import Recording
from gapprof.records.trial import Trial
from gapprof.text.numbers import factor_with_interval

HERE = Path(__file__).parent / "null"
BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "null_runs.py"
PROGRAMS = {"native": ("onnxruntime",), "web": ("onnxruntime-web", "browser")}
SIDES = tuple(PROGRAMS)
PUBLISHED = ("native",)
"""Sides whose recordings lie here, all of them; the page is of these."""
RUNS = 10
MODEL = "zoo:resnet20"
CAUSES = ("threads", "simd", "library", "runtime", "contention")
"""As the columns of the page."""
INTRODUCTION = """# One side against itself

Every rung of the ladder is the one environment of `native`, or of `web`: all factors are 1, and whatever is
said to cost or to save is false. Rounds, sampling, analysis and verdicts are gapprof's own, with 36 s of
budget each, and so are profiled passes natively; in the browser none is taken. That each rung ran on what its
name says is not checked, for here none does. This is the first set that was made natively, in one go, and no
run that was finished is left out. In the browser one was begun beside other work, which left a run three
rounds, too few to tell anything: that side is still to be measured. A test analyses every recording with
today's code and wants no false verdict. `python reports/null.py` measures all twenty anew.
"""
PLANTED = 1.2
POWER = f"""
So that nothing found is not merely nothing known: into each recording a step of each cause is planted that
takes {PLANTED} times as long, and the report is made anew. In so many runs exactly that cause is named;
the last column has whatever else is.
"""
WEB = ("web-worker", "web-flags", "web-graph", "web-main", "web-paced", "web")
BEYOND = {
    "threads": ("native-threads", "native-extended", "native-all-128", "native-128", *WEB),
    "simd": ("native-all-128", "native-128", *WEB),
    "library": ("native-extended", "native-128", *WEB),
    "runtime": WEB[4:],
    "contention": WEB[3:],
}
"""Cause → the rungs behind a step of it, where two ways lead there behind that of either."""


def table() -> Iterator[str]:
    """Of what was published."""
    yield INTRODUCTION
    found = {path.stem: analyze(path) for side in PUBLISHED for path in _recordings(side)}
    yield from dict.fromkeys(_made_on(stem, report) for stem, report in found.items())
    yield ""
    yield f"| run | rounds | {' | '.join(CAUSES)} | false |"
    yield f"| :-- | --: | {' | '.join('--:' for _ in CAUSES)} | :-- |"
    for stem, report in found.items():
        factors = {row.id: row.factor for row in report.causes}
        cells = (factor_with_interval(one) if (one := factors.get(cause)) else "–" for cause in CAUSES)
        false = ", ".join(_named(report)) or "none"
        yield f"| [{stem}]({stem}.jsonl) | {report.rounds} | {' | '.join(cells)} | {false} |"

    yield POWER
    yield f"| side | {' | '.join(CAUSES)} | others |"
    yield f"| :-- | {' | '.join('--:' for _ in CAUSES)} | :-- |"
    for side in PUBLISHED:
        runs = [planted(recording, PLANTED) for recording in map(read_run, _recordings(side))]
        counts = [sum(run[cause] == (cause,) for run in runs) for cause in CAUSES]
        others = {one for run in runs for cause, names in run.items() for one in names if one != cause}
        of_all = (f"{count} of {len(runs)}" for count in counts)
        yield f"| {side} | {' | '.join(of_all)} | {', '.join(sorted(others)) or 'none'} |"


def planted(recording: Recording, times: float) -> dict[str, tuple[str, ...]]:
    """Cause → those that are named had a step of it taken so many times as long."""
    return {cause: _named(build(_slower(recording, rungs, times))) for cause, rungs in BEYOND.items()}


def _slower(recording: Recording, rungs: Collection[str], times: float) -> Recording:
    entries = (
        replace(
            one,
            samples_ms=tuple(times * ms for ms in one.samples_ms),
            requests_ms=tuple(times * ms for ms in one.requests_ms),
        )
        if isinstance(one, Trial) and one.rung in rungs
        else one
        for one in recording.entries
    )
    return replace(recording, entries=tuple(entries))


def _named(report: Report) -> tuple[str, ...]:
    return tuple(row.id for row in report.causes if row.verdict in EFFECTS)


def _recordings(side: str) -> list[Path]:
    return sorted(HERE.glob(f"{side}-*.jsonl"))


def _made_on(stem: str, report: Report) -> str:
    """What a rung of the other side says of its programs is this side's own as well."""
    side = stem.partition("-")[0]
    programs = ", ".join(f"{program} {report.versions[program]}" for program in PROGRAMS[side])
    return f"{side}: {MODEL} on {report.machine.usable_cores} cores of {report.machine.cpu}, {programs}."


def main() -> None:
    """Measure what was named, or all; then the page."""
    HERE.mkdir(exist_ok=True)
    sides = [] if sys.argv[1:] == ["table"] else sys.argv[1:] or SIDES
    for side in sides:
        command = [sys.executable, str(BENCHMARK), side, str(RUNS), MODEL, "0", str(HERE)]
        subprocess.run(command, check=True, timeout=3600)
        for recording in _recordings(side):
            forget_places(recording)
    (HERE / "README.md").write_text("\n".join(table()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
