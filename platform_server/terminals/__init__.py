"""Terminals whose shells live in the sandbox and outlive the server."""
