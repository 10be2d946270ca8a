"""From factors to ms: logarithmic mean Divisia index (Ang 2005), the split of a difference that adds up."""

import math


def log_mean(a: float, b: float) -> float:
    """(a - b) / ln(a / b); a where both are equal. Times ln(factor) it is that factor's part of a - b."""
    ratio = math.log(a / b)
    # Near 1 the quotient loses its digits; the series of (e^x - 1) / x does not.
    return b * math.expm1(ratio) / ratio if ratio else b
