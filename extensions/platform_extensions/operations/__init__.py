"""For whoever runs the platform: what goes on, and metrics of it."""
