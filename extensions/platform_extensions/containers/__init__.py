"""Sandboxes over REST: start, look, run a command, stop."""
