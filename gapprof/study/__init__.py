"""Many models under the same conditions, one recording each, and the tables over all of them."""
