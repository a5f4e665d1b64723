"""What changed between two rounds, and what of it deserves a second look."""
