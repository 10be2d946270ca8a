"""What lies beside recordings: the command that made each, and the one that makes it anew."""

import re
from pathlib import Path

import pytest

from gapprof.comparison.build import compare
from gapprof.facts.adapters import SOFTWARE_SENTENCE
from gapprof.recordings import read_run
from gapprof.records.surface import Surface
from gapprof.reports import read_report
from gapprof.terminal.comparison import drawn
from tests.scenarios.reading import REPORTS, report
from tests.scripts import script

SCENARIOS = script("reports/scenarios.py")
GPU = script("reports/gpu_scenarios.py")
TABLE = script("reports/scenario_table.py")
COMPARE = script("reports/compare.py")
PLACES = script("reports/places.py")
RECORDED = {path.stem for path in (REPORTS / "scenarios").glob("*.jsonl")}
EVERY = {**SCENARIOS.SCENARIOS, **GPU.SCENARIOS}


def test_every_recording_has_a_scenario_that_makes_it_and_every_scenario_a_recording() -> None:
    assert set(EVERY) == RECORDED


@pytest.mark.parametrize("name", EVERY)
def test_a_recording_was_made_by_the_command_that_makes_it_anew(name: str) -> None:
    assert read_run(REPORTS / "scenarios" / f"{name}.jsonl").begin.argv == EVERY[name].command


def test_the_table_of_scenarios_is_of_what_is_there() -> None:
    written = (REPORTS / "scenarios" / "README.md").read_text(encoding="utf-8")
    assert written == "\n".join(TABLE.table()) + "\n"
    for name in EVERY:
        (row,) = re.findall(rf"^\| \[{name}\]\({name}\.jsonl\).*$", written, re.MULTILINE)
        assert "onnxruntime-web 1." in row
        assert f" {name}` |" in row


def test_the_table_of_scenarios_says_before_its_first_row_what_ran_on_software() -> None:
    written = (REPORTS / "scenarios" / "README.md").read_text(encoding="utf-8")
    above, _, _ = written.partition("| recording |")
    (names,) = re.findall(rf"^\*\*{SOFTWARE_SENTENCE}\*\* \((.*)\)\.$", above, re.MULTILINE | re.IGNORECASE)
    checks = {name: report(f"scenarios/{name}").checks for name in GPU.SCENARIOS}
    software = [
        name
        for name, found in sorted(checks.items())
        if any(one.id == "adapter" and one.status == "fail" for one in found)
    ]
    drawn_by_it = [name for name, one in EVERY.items() if SCENARIOS.WITH_WEBGL in one.options]
    assert names.split(", ") == sorted([*software, *drawn_by_it])


def test_every_scenario_and_every_check_is_claimed_here_or_open() -> None:
    """But for S24, which is claimed where its figures are made: see `test_field.py`."""
    files = Path(__file__).parent.glob("test_*.py")
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    names = re.findall(r"^def (test_\w+)", text, re.MULTILINE)
    scenarios = {f"S{number}" for name in names for number in re.findall(r"_s(\d\d)(?=_)", name)}
    checks = {f"check {number}" for name in names for number in re.findall(r"_check_(\d)_", name)}
    every = {*(f"S{number:02}" for number in range(1, 26)), *(f"check {number}" for number in range(1, 6))}
    assert every - scenarios - checks - {"S24"} == every & TABLE.OPEN.keys()
    halves = {number.partition(", ")[0] for number in TABLE.OPEN.keys() - every}
    assert halves <= scenarios | checks | {"S24"}


def test_what_is_made_for_a_scenario_is_said_of_it_alone() -> None:
    made = {scenario.make: TABLE.planted(scenario) for scenario in EVERY.values() if scenario.make.__doc__}
    assert len(made) >= 8
    assert len(set(made.values())) == len(made)


@pytest.mark.parametrize("name", COMPARE.RUNS)
def test_a_run_to_compare_was_made_by_the_command_that_makes_it_anew(name: str) -> None:
    assert read_run(REPORTS / "compare" / f"{name}.jsonl").begin.argv == COMPARE.command(name)


def test_the_page_of_runs_to_compare_is_of_what_is_there() -> None:
    written = (REPORTS / "compare" / "README.md").read_text(encoding="utf-8")
    assert written == "\n".join(COMPARE.page()) + "\n"


def test_the_readme_shows_what_compare_says_of_these_runs() -> None:
    readme = (REPORTS.parent / "README.md").read_text(encoding="utf-8")
    ((command, said),) = re.findall(r"^```\n\$ (gapprof compare .+)\n((?:.+\n)+)```$", readme, re.MULTILINE)
    before, after = (read_report(REPORTS.parent / name) for name in command.split()[2:])
    assert drawn(compare(before, after), Surface()).startswith(said)


def test_nothing_that_was_measured_names_a_folder_of_a_checkout_or_of_a_user() -> None:
    """Where the browser lies is told, as the browser says it."""
    published = [path for path in REPORTS.rglob("*.json*") if path.suffix in (".json", ".jsonl")]
    assert len(published) > len(RECORDED)
    named = {path.relative_to(REPORTS): found[0] for path in published if (found := _folder_in(path))}
    assert named == {}


def _folder_in(path: Path) -> re.Match[bytes] | None:
    return re.search(rb"/(?<![\w.]/)(?:tmp|home|root|work|var|Users)/.{0,80}", path.read_bytes())


@pytest.mark.parametrize("python", ["/usr", "/opt/python"])
def test_a_traceback_keeps_what_is_below_a_checkout_and_below_pythons_library(python: str) -> None:
    """And whatever else lies beside that library."""
    told = f"{PLACES.CHECKOUT}/gapprof/a.py {python}/lib/python3.11/json/b.py {python}/lib/chromium/chromium"
    kept = PLACES.without_places(told.encode(), python=python)
    assert kept.decode() == f"gapprof/a.py lib/python3.11/json/b.py {python}/lib/chromium/chromium"
