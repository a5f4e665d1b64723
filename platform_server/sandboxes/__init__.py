"""A container per project: its life, its kernels, and the agent inside."""
