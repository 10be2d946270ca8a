"""From a recording to a report: ask every cause, subtract, rank, and say what can be done. Pure."""
