"""What of a report is shown, in which words and which order; the formats only lay it out."""
