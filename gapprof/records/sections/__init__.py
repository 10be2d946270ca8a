"""Parts of a report that are measured beyond the ladder, each with its types."""
