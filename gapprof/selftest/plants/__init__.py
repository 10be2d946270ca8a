"""What is planted: one file per plant, pure data. Adding a file adds a plant."""
