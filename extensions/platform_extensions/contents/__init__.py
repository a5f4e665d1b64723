"""Jupyter's contents API over projects: a project is a folder at the top."""
