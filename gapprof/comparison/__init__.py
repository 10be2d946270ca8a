"""Two reports of one model, and what changed between them. Pure: reports in, a comparison out."""
