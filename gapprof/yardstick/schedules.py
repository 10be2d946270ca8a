"""All schedules of a run: of a database, or tuned in the browser and natively, and kept as they come."""

from collections.abc import Callable

from gapprof.kernels.llvm.compile import version
from gapprof.measure.machine import processor
from gapprof.own_kernels.database import kept
from gapprof.yardstick.bench import Bench
from gapprof.yardstick.database import Database, extended, known
from gapprof.yardstick.machines import MACHINES, NATIVE_MACHINES
from gapprof.yardstick.natively import tuned_natively
from gapprof.yardstick.tuning import Tuned


def schedules(
    bench: Bench,
    database: Database,
    keep: Callable[[Database], None],
    tell: Callable[[str], None],
    *,
    browser: str,
) -> Tuned:
    """Of every target that has its own. `keep` gets all that is known whenever there is more of it."""
    cpu, held = processor(), database

    def found_by(engine: str) -> Callable[[Tuned], None]:
        def found(tuned: Tuned) -> None:
            nonlocal held
            held = extended(held, tuned, cpu=cpu, engine=engine)
            kept(bench.journal, lambda: keep(held))

        return found

    settled = known(database, MACHINES, cpu=cpu, engine=browser)
    if wanted := bench.untuned(settled):
        tell(f"tuning {len(wanted)} shapes")
    tuned = bench.tuned(settled, found_by(browser))
    if not bench.native_targets:
        return tuned
    tell("tuning natively")
    compiler = version()
    natively = known(database, NATIVE_MACHINES, cpu=cpu, engine=compiler)
    return {**tuned, **tuned_natively(bench, natively, found_by(compiler))}
