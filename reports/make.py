"""One command per published report: recording, JSON and Markdown side by side, and the table of them all.

python reports/make.py mobilenetv2
"""

import subprocess
import sys
from pathlib import Path

from gapprof.records.codec import decode_report
from gapprof.records.report import CauseRow, Report
from gapprof.text.numbers import factor, factor_with_interval, ms

HERE = Path(__file__).parent
ZOO = HERE / "zoo"
CAUSES = ("threads", "simd", "library", "runtime", "contention")
INTRODUCTION = """# Published reports

Each row is one run of `gapprof explain zoo:NAME`. The recording holds every raw sample; `gapprof analyze`
makes the same JSON and Markdown from it, byte for byte. Figures are factors (how many times slower) with
their 95 % interval; "–" stands where a cause does not apply or was not measured. `make reports` measures
the rows of this table anew, seven models of the zoo, and nothing else: the others have their own commands.

Beside them: one run each of [ResNet50](whole/resnet50.md) and [MobileNetV2](whole/mobilenetv2.md) with
everything that takes longer (cold start, memory, threads and places); [loads that were
planted](planted/README.md) and found again, beside a direct A/B; [the corner points by a plain
script](independent/README.md) beside reports of the same minutes, and [second runs](repeat/README.md) of
these three models; [one side against itself](null/README.md), in which nothing may be found; [whole
selftests](selftest/README.md) in a row; [the light models](light/README.md) of the onnx package, one short
run each; [two equal runs and a different one](compare/README.md) for `compare`; [page and inference, both
ways](qoe/README.md), and what of it [a core that is taken](taken_core/README.md) costs anyway; [the
scheduler's figures, visit by visit](balance/README.md), and traced visits of four models wherever they run,
in which blocked time is measured by itself; [how fast a browser could run the operators of seven
models](kernels/README.md); [four small models on WebGPU and one on WebGL](gpu/README.md), so far of a
software adapter; [many models through one lattice](study/README.md), with the tables of Wang et al. (2025);
and [what people meet in the field](scenarios/README.md) (a page without headers, an app that pins its
threads, a build without SIMD, float16, the baseline tier, a hidden read-back of pixels, visits that crash,
hang and run out of memory),
recordings that the acceptance tests read, each with its command, its versions and what was planted.

"""


def measure(name: str) -> None:
    """Run gapprof once on a zoo model; a status other than ok is published as well, and says so."""
    ZOO.mkdir(exist_ok=True)
    stem = (
        Path("reports") / "zoo" / name
    )  # as typed from the top of a checkout: reports name no machine's paths
    command = [sys.executable, "-m", "gapprof", "explain", f"zoo:{name}", "--rungs", "auto", "--quiet"]
    outputs = ["--recording", f"{stem}.jsonl", "--json", f"{stem}.json", "--markdown", f"{stem}.md"]
    done = subprocess.run([*command, *outputs], check=False, timeout=3600, cwd=HERE.parent)
    if not (ZOO / f"{name}.json").exists():
        sys.exit(f"gapprof explain zoo:{name} ended with {done.returncode} and wrote no report")


def table(reports: list[Report]) -> str:
    """The README of this folder."""
    machines: dict[str, list[str]] = {}
    for report in reports:
        found = report.machine
        words = f"{found.usable_cores} cores of {found.cpu}, {found.system} {found.architecture}"
        machines.setdefault(words, []).append(_stem(report))
    told = (f"{words} ({', '.join(names)})" for words, names in machines.items())
    lines = [
        f"Measured on {'; '.join(told)}.",
        "",
        f"| model | native | web | gap | {' | '.join(CAUSES)} | not separated | rounds | status |",
        f"| :-- | --: | --: | --: | {' | '.join('--:' for _ in CAUSES)} | --: | --: | :-- |",
    ]
    for report in reports:
        rows = {cause.id: cause for cause in report.causes}
        pair, gap = report.latency_ms, report.gap.ratio
        cells = [
            f"[{report.model.name if report.model else '?'}](zoo/{_stem(report)}.md)",
            ms(pair.native.point) if pair.native else "–",
            ms(pair.web.point) if pair.web else "–",
            factor(gap.point) if gap else "–",
            *(_cell(rows.get(cause)) for cause in CAUSES),
            factor(report.residual.factor.point) if report.residual.factor else "–",
            str(report.rounds),
            report.status,
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return INTRODUCTION + "\n".join(lines) + "\n"


def _stem(report: Report) -> str:
    return (report.model.name if report.model else "").removeprefix("zoo:")


def _cell(cause: CauseRow | None) -> str:
    if cause is None or cause.factor is None or cause.verdict in ("not-applicable", "not-measured"):
        return "–"
    return factor_with_interval(cause.factor)


def main() -> None:
    """Measure what was named, then write the table from every report that lies there."""
    for name in sys.argv[1:]:
        measure(name)
    paths = sorted(ZOO.glob("*.json"))
    reports = [decode_report(path.read_bytes(), source=str(path)) for path in paths]
    if reports:
        (HERE / "README.md").write_text(table(reports), encoding="utf-8")


if __name__ == "__main__":
    main()
