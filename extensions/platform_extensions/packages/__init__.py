"""Packages: the index that sandboxes see, and the REST of what a project has installed."""
