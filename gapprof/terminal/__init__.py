"""The parts of the terminal report, as rich renderables; `sheet` puts them on a page."""
