"""Ours beside a stock Jupyter Server, measured in turns on one machine. Nothing is judged."""
