"""What lies in reports/scenarios/: which command made it, with which versions, and what was planted.

python reports/scenario_table.py        writes reports/scenarios/README.md; it measures nothing

Scripts that record a scenario run it themselves.
"""

import shlex
from collections.abc import Iterator
from pathlib import Path

from gpu_scenarios import SCENARIOS as GPU
from scenarios import HERE, SCENARIOS, WITH_WEBGL, Scenario

from gapprof.explain.versions import versions
from gapprof.facts.adapters import SOFTWARE_SENTENCE, is_software
from gapprof.facts.case import Case
from gapprof.facts.gpu import adapter
from gapprof.recordings import read_run

FOLDER = HERE / "scenarios"
INTRODUCTION = """# What people meet in the field

One recording for each symptom, written by one run of gapprof, unedited but for the paths of its own
checkout and of Python. The acceptance tests in `tests/scenarios/` read them and assert what the report
says; the numbers of scenarios stand in brackets. A script makes what is planted in an empty folder and runs
the command there; what goes on beside `faults` is [faults.py](../faults.py). `gapprof analyze`
makes the report of any of them.
"""
HEADINGS = """
| recording | shows | planted | command | made on | anew by |
| :-- | :-- | :-- | :-- | :-- | :-- |"""
OPEN = {
    "S09": (
        "a float16 model that falls back to reference kernels: those are LiteRT's, and what is measured here "
        "is onnxruntime"
    ),
    "S21, on a GPU": (
        "a first run that holds up its page while pipelines are made: a cold start on a GPU counts and times "
        "them, none is recorded here, and that the page stands still meanwhile is not told"
    ),
    "S24, on a GPU": (
        "a page that goes on in wasm once its device is lost; one that a visit of gapprof's own loses is "
        "told, and ends it"
    ),
    "S25, on a GPU": (
        "a model on the GPU that takes frames of its page, in a worker too, and a program beside it that "
        "keeps the GPU busy: `--qoe` is of models on the processor"
    ),
    "check 4, with 64-bit memory": (
        "there is no build of onnxruntime-web with it; what is told is what the checks that it brings cost "
        "memory of 32 bits"
    ),
}
"""What people met and no test claims, and what of it is missing: it belongs to other work."""
SCRIPTS = (("scenarios.py", SCENARIOS), ("gpu_scenarios.py", GPU))


def table() -> Iterator[str]:
    """Of every scenario that is recorded, by name."""
    every = {name: (script, scenario) for script, found in SCRIPTS for name, scenario in found.items()}
    there = {name: one for name, one in sorted(every.items()) if recording_of(name).is_file()}
    yield INTRODUCTION
    if software := [name for name, (_, one) in there.items() if on_software(name, one)]:
        yield f"**{SOFTWARE_SENTENCE[0].upper()}{SOFTWARE_SENTENCE[1:]}** ({', '.join(software)})."
    yield HEADINGS
    for name, (script, scenario) in there.items():
        cells = (
            f"[{name}]({name}.jsonl)",
            scenario.shows,
            planted(scenario),
            f"`{shlex.join(scenario.command)}`",
            made_on(recording_of(name)),
            f"`python reports/{script} {name}`",
        )
        yield f"| {' | '.join(cells)} |"
    yield "\nOpen, because it belongs to other work:\n"
    yield from (f"- {number}: {missing}." for number, missing in OPEN.items())


def recording_of(name: str) -> Path:
    """Where it lies once it is made."""
    return FOLDER / f"{name}.jsonl"


def on_software(name: str, scenario: Scenario) -> bool:
    """Whether a processor stood in for the GPU that it is about."""
    on = Case(read_run(recording_of(name))).get(adapter)
    return WITH_WEBGL in scenario.options or (on is not None and is_software(on))


def planted(scenario: Scenario) -> str:
    """In one sentence; the options alone where nothing is made."""
    first = (scenario.make.__doc__ or "").partition("\n")[0].strip()
    return first or "What the options say, and nothing else."


def made_on(recording: Path) -> str:
    """Day, programs and processor, as the recording has them."""
    run = read_run(recording)
    begin = run.begin
    found = {"gapprof": begin.gapprof_version, **versions(Case(run))}
    programs = ", ".join(f"{program} {version}" for program, version in found.items())
    return f"{begin.began_utc[:10]}, {programs}; {begin.machine.usable_cores} cores of {begin.machine.cpu}"


def main() -> None:
    """Write it."""
    (FOLDER / "README.md").write_text("\n".join(table()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
