"""Jupyter's event stream, for each user their own."""
