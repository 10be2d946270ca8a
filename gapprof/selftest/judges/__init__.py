"""Whether a report says what was planted: one file per kind of expectation, pure."""
