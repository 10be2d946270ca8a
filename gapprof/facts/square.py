"""Layout and instructions interact, so one place decides which path through their square both causes take."""

from dataclasses import dataclass

from gapprof.facts.case import Case
from gapprof.facts.claim import Step
from gapprof.facts.computed import ESTIMATED_128
from gapprof.facts.profiles import CAPPED
from gapprof.facts.readings import chain, readable

OWN, COMMON, OWN_128 = "native-threads", "native-extended", "native-all-128"


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """Steps of both causes: together one path, or the mean of both, so that nothing is claimed twice."""

    layout: tuple[Step, ...] = ()
    simd: tuple[Step, ...] = ()
    narrow: str | None = None
    """The rung at 128 bits on the common graph: measured, estimated, or none."""


def square_paths(case: Case) -> Square:
    """The mean of both orders (Shapley over these two); without a corner the one path that is left."""
    narrow = narrow_native(case)
    wide_layout, layout_at_128 = readable(case, OWN, COMMON), readable(case, OWN_128, CAPPED)
    own_simd = readable(case, OWN, OWN_128)
    if narrow is not None and readable(case, COMMON, narrow):
        if wide_layout and layout_at_128 and own_simd:
            return Square(
                layout=(Step(source=OWN, to=COMMON, share=0.5), Step(source=OWN_128, to=CAPPED, share=0.5)),
                simd=(Step(source=OWN, to=OWN_128, share=0.5), Step(source=COMMON, to=CAPPED, share=0.5)),
                narrow=narrow,
            )
        return Square(
            layout=(Step(source=OWN, to=COMMON),) if wide_layout else (),
            simd=(Step(source=COMMON, to=narrow),),
            narrow=narrow,
        )
    if layout_at_128:
        return Square(
            layout=(Step(source=OWN_128, to=CAPPED),),
            simd=(Step(source=OWN, to=OWN_128),) if own_simd else (),
            narrow=narrow,
        )
    return Square(layout=(Step(source=OWN, to=COMMON),) if wide_layout else (), narrow=narrow)


def narrow_native(case: Case) -> str | None:
    """The rung that stands for native at 128 bits: measured, else estimated, else none."""
    line = case.get(chain)
    return next((rung for rung in (CAPPED, ESTIMATED_128) if rung in line), None)
