from collections.abc import Iterator

import pytest

from gapprof import assets
from gapprof.engine import Engine, running
from gapprof.guard import Guard
from tests.unit.kernels.lowerings import LOWERINGS, VECTOR_LOWERINGS, Solve, solver


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    script = assets.probes_web() / "engine.mjs"
    with Guard() as guard, running(assets.node(), script, guard=guard) as engine:
        yield engine


@pytest.fixture(params=LOWERINGS)
def solve(request: pytest.FixtureRequest, engine: Engine) -> Solve:
    return solver(request.param, engine)


@pytest.fixture(params=VECTOR_LOWERINGS)
def solve_bytes(request: pytest.FixtureRequest, engine: Engine) -> Solve:
    return solver(request.param, engine)
