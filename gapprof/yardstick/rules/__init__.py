"""From a node to its loop nests: one file per kind of operator. Adding a file adds a kind."""
