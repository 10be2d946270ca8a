"""Which output differs, how far, and from which node on."""

from gapprof.explain.outputs import told_check
from gapprof.facts.case import Case
from gapprof.facts.parted import first_apart, parted_told, parting
from gapprof.records.sections.outputs import OutputsApart

_NOBODY = "which node it is was not looked for"


def outputs_apart(case: Case) -> OutputsApart | None:
    """None where all that the browser's chain computes agrees, or nothing was compared."""
    check, told = told_check(case), case.get(parting)
    if check is None:
        return None
    found = first_apart(told) if told else None
    comparable = check.same_shape and check.same_nan_positions and check.max_abs_reference > 0
    return OutputsApart(
        rung=check.rung,
        reference=check.reference,
        output=check.output,
        max_relative_difference=check.max_abs_difference / check.max_abs_reference if comparable else None,
        cosine=check.cosine,
        node=found.node if found else None,
        op_type=found.op_type if found else None,
        node_cosine=found.check.cosine if found else None,
        looked_at=len(told.between) if told else 0,
        why="" if found else parted_told(case) or _NOBODY,
    )
