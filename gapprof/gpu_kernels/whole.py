"""`gapprof kernels --backend webgpu`: compute shaders, tuned on the page's adapter."""

from gapprof.gpu_kernels import database as databases
from gapprof.gpu_kernels.report import kernels_of
from gapprof.gpu_kernels.run import measured
from gapprof.own_kernels.whole import Yardstick
from gapprof.records.gpu_yardstick import GpuKernels
from gapprof.terminal.gpu_kernels import drawn

Shaders = Yardstick[databases.Database, GpuKernels]

SHADERS: Shaders = Yardstick(
    one="shader",
    database_name=databases.NAME,
    read=databases.read,
    measured=measured,
    table=kernels_of,
    drawn=drawn,
)
