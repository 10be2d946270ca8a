"""The way to a first result: starts with nothing in any cache, and with everything."""
