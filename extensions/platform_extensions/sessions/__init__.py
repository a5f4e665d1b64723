"""Jupyter's sessions over REST: which document goes with which kernel."""
