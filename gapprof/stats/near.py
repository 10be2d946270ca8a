"""Whether a prediction came as close to what was measured as anybody needs."""

_NEAR = 1.05
"""It holds then, however narrow its interval: nobody decides by less."""


def near(measured_over_predicted: float) -> bool:
    """Within 5 %."""
    return 1 / _NEAR <= measured_over_predicted <= _NEAR
