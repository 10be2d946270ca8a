"""`gapprof kernels`: twins, tuned in the browser."""

from gapprof.own_kernels.whole import Yardstick
from gapprof.records.yardstick import Kernels
from gapprof.terminal.kernels import drawn
from gapprof.yardstick import database as databases
from gapprof.yardstick.report import kernels_of
from gapprof.yardstick.run import measured

Twins = Yardstick[databases.Database, Kernels]

TWINS: Twins = Yardstick(
    one="kernel",
    database_name=databases.NAME,
    read=databases.read,
    measured=measured,
    table=kernels_of,
    drawn=drawn,
)
