"""The main process of a sandbox: forks kernels, owns terminals, runs commands, outlives the server.

It runs as process 1 of the container under the learner's user id, so everything the server is told
from here is the word of a stranger. The standard library, pyzmq and ipykernel are all it uses.
"""
