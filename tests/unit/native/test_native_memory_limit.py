"""How much a worker may take."""

import psutil

from gapprof.native.memory_limit import default_limit_bytes


def test_a_worker_may_take_what_the_machine_has_and_some_reserve_and_no_more() -> None:
    reserve = 2 << 30
    assert reserve < default_limit_bytes() <= psutil.virtual_memory().total + reserve
