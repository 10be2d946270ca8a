"""What helps where trials were disturbed from outside: said once, before all doubts but failed checks."""

WHAT_HELPS = (
    "trials that count were disturbed from outside: what helps is to run it again on a quieter machine "
    "(other programs ended, no virtual machine that shares its processor, and a clock that neither heat nor "
    "saving power throttles), and with a larger --budget, which buys more rounds, repeats and waiting"
)
