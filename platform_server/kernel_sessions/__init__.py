"""Jupyter's sessions: which document of which user goes with which kernel."""
