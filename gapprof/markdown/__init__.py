"""Documents in GitHub-flavoured Markdown that are no reports; those are in `gapprof.render`."""
