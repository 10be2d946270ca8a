"""Whether what a report says adds up to what it explains."""

import math

import pytest

from gapprof import Report


def assert_closes(report: Report) -> None:
    """Causes and residual together are the whole gap: by their weights, their factors and their ms."""
    assert report.gap.ratio is not None, report.status_why
    assert report.gap.delta_ms is not None
    weights: dict[str, float] = dict(report.residual.weights)
    for row in report.causes:
        for rung, weight in row.weights.items():
            weights[rung] = weights.get(rung, 0.0) + weight
    left = {rung: weight for rung, weight in weights.items() if abs(weight) > 1e-9}
    assert left == pytest.approx({"web": 1.0, "native": -1.0})
    factors = [row.factor.point for row in report.causes if row.factor]
    assert report.residual.factor is not None
    total = sum(map(math.log, factors)) + math.log(report.residual.factor.point)
    assert total == pytest.approx(math.log(report.gap.ratio.point), abs=1e-9)
    ms = sum(row.ms.point for row in report.causes if row.ms)
    assert report.residual.ms is not None
    assert ms + report.residual.ms.point == pytest.approx(report.gap.delta_ms.point, abs=1e-9)
