"""Seeded chaos: people work, something fails meanwhile, and nothing acknowledged is lost.

``python -m platform_server.testing.chaos`` runs a long round; ``tests/chaos`` runs a short one.
"""
