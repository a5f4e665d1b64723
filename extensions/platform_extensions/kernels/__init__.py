"""Kernels over Jupyter's REST API and websockets, each in its project's sandbox."""
