"""The model in onnxruntime as it comes: every optimisation, every core, every instruction."""

from gapprof.records.environment import Environment
from gapprof.records.rung import Rung

RUNG = Rung(
    id="native",
    title="Native, as it comes",
    environment=Environment(
        backend="native",
        isa="full",
        threads="machine",
        graph="own",
        flags="stock",
        where="worker",
        pacing="back-to-back",
        page="bench",
        build="served",
    ),
    role="main",
    visits=2,
)
