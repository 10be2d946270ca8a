"""The model natively on the same GPU, by the best execution provider there is for it."""

from gapprof.records.environment import Environment
from gapprof.records.rung import Rung

RUNG = Rung(
    id="native",
    title="Native, by the GPU's best execution provider",
    environment=Environment(
        backend="native",
        isa="full",
        threads="page",
        graph="own",
        flags="user",
        where="user",
        pacing="back-to-back",
        page="bench",
        build="served",
        device="gpu",
        gpu_api="webgl",
    ),
    role="main",
    visits=2,
)
