import pytest

from gapprof.engine import Engine
from tests.unit.kernels.lowerings import LOWERINGS, VECTOR_LOWERINGS, Solve, solver


@pytest.fixture(params=LOWERINGS)
def solve(request: pytest.FixtureRequest, engine: Engine) -> Solve:
    return solver(request.param, engine)


@pytest.fixture(params=VECTOR_LOWERINGS)
def solve_bytes(request: pytest.FixtureRequest, engine: Engine) -> Solve:
    return solver(request.param, engine)
