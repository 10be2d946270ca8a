"""The command line's words: what each may be, and what they become."""
