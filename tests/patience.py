"""How long tests wait for what comes at once on a quiet machine: a deadline, and no claim about a time."""

SOON_S = 120.0
