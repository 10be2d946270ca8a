"""Values into words: the only place where a number or a stranger's name becomes text."""
