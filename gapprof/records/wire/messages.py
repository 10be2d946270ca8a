"""What a message between Python and the page may be: a task, or an answer to one."""

from gapprof.records.gpu_wire import (
    GpuKernelsTask,
    GpuKernelsTimed,
    GpuListened,
    GpuListenTask,
    GpuReplayed,
    GpuReplayTask,
    GpuTimelined,
    GpuTimelineTask,
    GpuToggled,
    GpuTogglesTask,
)
from gapprof.records.wire.answers import Answered, AnswersTask
from gapprof.records.wire.clicked import ClickedTask, Clicks
from gapprof.records.wire.contrast import Contrasted, ContrastTask
from gapprof.records.wire.felt import Felt, FeltTask
from gapprof.records.wire.gpuplace import GpuPlaced, GpuPlaceTask
from gapprof.records.wire.gpurecord import GpuRecorded, GpuRecordTask
from gapprof.records.wire.instrument import Instrumented, InstrumentTask
from gapprof.records.wire.kernels import KernelsTask, KernelsTimed
from gapprof.records.wire.open import Opened, OpenTask
from gapprof.records.wire.profile import Profiled, ProfileTask
from gapprof.records.wire.record import Recorded, RecordTask
from gapprof.records.wire.replay import Replayed, ReplayTask
from gapprof.records.wire.start import Started, StartTask
from gapprof.records.wire.step import Stepped, StepTask
from gapprof.records.wire.time import Timed, TimeTask
from gapprof.records.wire.trouble import Broke, Refused
from gapprof.records.wire.warm import Warmed, WarmTask

Task = (
    OpenTask
    | WarmTask
    | TimeTask
    | ProfileTask
    | ContrastTask
    | KernelsTask
    | RecordTask
    | ReplayTask
    | InstrumentTask
    | FeltTask
    | ClickedTask
    | AnswersTask
    | StepTask
    | StartTask
    | GpuRecordTask
    | GpuPlaceTask
    | GpuListenTask
    | GpuReplayTask
    | GpuTimelineTask
    | GpuTogglesTask
    | GpuKernelsTask
)

Answer = (
    Opened
    | Warmed
    | Timed
    | Profiled
    | Contrasted
    | KernelsTimed
    | Recorded
    | Replayed
    | Instrumented
    | Felt
    | Clicks
    | Answered
    | Stepped
    | Started
    | GpuRecorded
    | GpuPlaced
    | GpuListened
    | GpuReplayed
    | GpuTimelined
    | GpuToggled
    | GpuKernelsTimed
    | Refused
    | Broke
)
