"""Where outputs that differ part: what single nodes make, in the page and natively, until one is found."""
