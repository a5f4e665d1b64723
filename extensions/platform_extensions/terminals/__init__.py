"""Terminals over Jupyter's own API: REST to open and close them, a websocket to use one."""
