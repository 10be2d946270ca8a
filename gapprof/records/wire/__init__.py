"""What Python and the page say to each other, by probe; `probes_web/wire.d.ts` comes of them.

One task is one message, one answer is one message. A page keeps its session between tasks:
`OpenTask` loads and warms up, `WarmTask` goes on warming up, `TimeTask` times what is open, `ProfileTask`
opens a second, profiled session beside it, `InstrumentTask` a rewritten runtime. `KernelsTask` and
`ReplayTask` need no session, `RecordTask` and `GpuRecordTask` have one of their own; what replays a recording
of the GPU is in `records.gpu_wire`.
"""
