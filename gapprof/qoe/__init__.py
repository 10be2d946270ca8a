"""Quality of experience: what inference does to a page, and what its answers are worth there."""
