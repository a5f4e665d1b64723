"""The kernels there are, over REST."""
