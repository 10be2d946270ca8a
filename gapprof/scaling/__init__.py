"""What more threads, another place and isolation bring: cells of a lattice, and a choice that is verified."""
