"""What may be said of a claim by its figures."""

from collections.abc import Sequence

from gapprof.facts.claim import Claim
from gapprof.facts.estimates import ln_factor
from gapprof.records.estimate import Verdict
from gapprof.stats.contrast import Contrast
from gapprof.stats.verdict import verdict


def verdict_on(claim: Claim, contrasts: Sequence[Contrast], level: float, *, exercised: bool) -> Verdict:
    """Of a cause or of one part of it, at a level that holds for all that are judged beside it."""
    if not claim.applicable:
        return "not-applicable"
    if not contrasts:
        return "not-measured"
    if not exercised or (claim.method == "estimated" and not any(contrasts[0].values)):
        return "not-applicable"
    if any(one.lacks_passes for one in contrasts):
        return "unclear"
    return verdict(ln_factor(contrasts, level))
