"""From a recording, whole or in the making, to its report. Pure: the same file gives the same bytes."""

import math

from msgspec.structs import asdict

from gapprof.explain.actions import actions
from gapprof.explain.cold import cold
from gapprof.explain.diagnosis import Diagnosis, diagnose
from gapprof.explain.gpu_operators import gpu_operators
from gapprof.explain.harness_checks import harness_checks
from gapprof.explain.headline import headline, headline_of_replays, one_sided_headline
from gapprof.explain.inside import inside_wasm
from gapprof.explain.interactions import interactions
from gapprof.explain.light import speed_of_light, told
from gapprof.explain.memory import memory
from gapprof.explain.observed import observed, of_another_build
from gapprof.explain.operators import operator_rows
from gapprof.explain.outputs import output_checks
from gapprof.explain.outputs_apart import outputs_apart
from gapprof.explain.overhead import overhead
from gapprof.explain.page import page_figures
from gapprof.explain.qoe import qoe
from gapprof.explain.reproduction import reproduction
from gapprof.explain.residual import residual_why
from gapprof.explain.rows import cause_rows, gap_is_resolved, residual_row
from gapprof.explain.rung_rows import rung_rows, samples
from gapprof.explain.scaling import scaling
from gapprof.explain.status import missing_side, status
from gapprof.explain.strikes import faulty
from gapprof.explain.subject_checks import subject_checks
from gapprof.explain.versions import versions
from gapprof.explain.warnings import warnings
from gapprof.explain.what_ifs import what_ifs
from gapprof.facts.adapters import headings
from gapprof.facts.case import Case
from gapprof.facts.cells import complete_rounds
from gapprof.facts.computed import computed
from gapprof.facts.estimates import LEVEL, factor_of, gap_ms, geometric_mean_ms, latency_ms
from gapprof.facts.ladder import NATIVE, begins_late, ends
from gapprof.facts.readings import end_logs
from gapprof.facts.steps import absence
from gapprof.records.model import ModelFacts
from gapprof.records.recording import Recording, Sampled
from gapprof.records.report import Gap, LatencyPair, Model, Report, ReportSettings, Tool
from gapprof.records.settings import Settings
from gapprof.stats.interval import LARGEST_EXPONENT, contrast_interval


def build(recording: Recording) -> Report:
    """Analyse what is there, after any round, interrupted or failed; raises nothing for what it finds."""
    case = Case(recording)
    diagnosis = case.get(diagnose)
    begin = recording.begin
    checks = (*harness_checks(case), *faulty(case), *subject_checks(case), *output_checks(case))
    verdict, verdict_why = status(case, diagnosis, checks)
    gap, latency = _gap(case, diagnosis), _latency(case)
    causes = cause_rows(case, diagnosis)
    residual = residual_row(case, diagnosis, residual_why(case, diagnosis))
    changes = actions(case, diagnosis)
    said = headline(case, diagnosis, causes, gap, residual, changes)
    best = speed_of_light(case)
    if gap.ratio is not None and told(best):
        said = f"{said} {told(best)}"
    if verdict == "outputs-differ":
        said = f"Outputs differ, so the times do not compare: {verdict_why}."
    elif case.get(begins_late):
        said = headline_of_replays(case, diagnosis, causes, residual, changes)
    elif gap.ratio is None:
        said = one_sided_headline(latency, gap.why)
    page, programs = observed(case), versions(case)
    if latency.web is not None and (other := of_another_build(page, programs)):
        said = f"{said} {other}"
    said = " ".join((*headings(checks), said))
    return Report(
        status=verdict,
        status_why=verdict_why,
        headline=said,
        tool=Tool(version=begin.gapprof_version, argv=begin.argv),
        machine=begin.machine,
        model=_model(begin.model),
        settings=_settings(begin.settings),
        began_utc=begin.began_utc,
        rounds=len(case.get(complete_rounds)),
        sampling=_sampling(case, diagnosis),
        latency_ms=latency,
        gap=gap,
        causes=causes,
        interactions=interactions(case),
        residual=residual,
        actions=changes,
        operators=operator_rows(case),
        overhead=overhead(case),
        cold=cold(case),
        memory=memory(case),
        page=page_figures(case),
        what_ifs=what_ifs(case),
        rungs=rung_rows(case),
        checks=checks,
        warnings=warnings(case),
        samples=samples(case),
        versions=programs,
        passes=_passes(case),
        speed_of_light=best,
        inside=inside_wasm(case),
        observed=page,
        reproduction=reproduction(case),
        qoe=qoe(case),
        scaling=scaling(case),
        gpu_operators=gpu_operators(case, causes),
        outputs_apart=outputs_apart(case),
    )


def _gap(case: Case, diagnosis: Diagnosis) -> Gap:
    if diagnosis.gap is None:
        return Gap(ratio=None, delta_ms=None, why=missing_side(case))
    if case.get(begins_late):
        why = f"nothing native to compare with: {absence(case, NATIVE)}"
        return Gap(ratio=None, delta_ms=None, why=why)
    why = "" if gap_is_resolved(diagnosis) else "its interval holds 1, so no share of it is given"
    return Gap(ratio=factor_of(diagnosis.gap), delta_ms=gap_ms(case), why=why)


def _latency(case: Case) -> LatencyPair:
    """Over complete rounds; where there are none, over the rounds that a side has."""
    both = end_logs(case)
    if both is not None:
        native = None if case.get(begins_late) else geometric_mean_ms(both[0])
        return LatencyPair(native=native, web=geometric_mean_ms(both[1]))
    first, last = case.get(ends)
    return LatencyPair(native=latency_ms(case, first), web=latency_ms(case, last))


def _settings(asked: Settings) -> ReportSettings:
    return ReportSettings(**asdict(asked), backend_tried=(*asked.backends_refused, asked.backend))


def _model(facts: ModelFacts) -> Model:
    return Model(
        name=facts.name,
        sha256=facts.sha256,
        size_bytes=facts.size_bytes,
        parameters=facts.parameters,
        nodes=facts.original_nodes,
        opset=facts.opset,
    )


def _passes(case: Case) -> int | None:
    """The fewest that any computed rung stands on: what is decided from a report is decided on them."""
    return min((len(rung.by_pass) for rung in case.get(computed).values() if rung.by_pass), default=None)


def _sampling(case: Case, diagnosis: Diagnosis) -> str:
    rounds = len(case.get(complete_rounds))
    decision = next(case.recording.of(Sampled), None)
    if decision is None:
        if case.recording.end is None:
            return f"{rounds} complete rounds so far; how many there will be was not decided yet."
        return f"{rounds} complete rounds when the run ended." if rounds else ""
    precision = case.recording.begin.settings.precision_percent
    if decision.limited_by == "precision":
        how = f"{decision.rounds} rounds, fixed after the first ones to reach {precision:g} %"
    else:
        how = (
            f"{decision.rounds} rounds, as many as the budget allowed; "
            f"{decision.wanted_rounds} would have been needed for {precision:g} %"
        )
    return f"{how}{_reached(diagnosis)}."


def _reached(diagnosis: Diagnosis) -> str:
    """What came of it: the widest interval of the figures that the number of rounds is decided by."""
    found = [f.contrast for f in diagnosis.findings if f.exercised and f.contrast is not None]
    found += [one for one in (diagnosis.gap, diagnosis.residual) if one is not None]
    halves = [contrast_interval(one, LEVEL).half_width for one in found if len(one.values) > 1]
    if not halves:
        return ""
    widest = 100 * math.expm1(min(max(halves), LARGEST_EXPONENT))
    return f"; widest interval ±{widest:.2g} %" if widest < 10 else f"; widest interval ±{widest:.0f} %"
