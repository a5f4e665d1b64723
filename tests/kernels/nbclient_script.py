"""Executes a notebook by nbclient, in a kernel of a remote Jupyter server.

nbclient_script.py URL < notebook > executed notebook       (the token is in JUPYTER_TOKEN)
"""

from __future__ import annotations

import os
import sys
from functools import partial

import nbformat
import websocket
from jupyter_server.gateway.gateway_client import GatewayClient
from jupyter_server.gateway.managers import GatewayKernelManager
from nbclient import NotebookClient


def main() -> None:
    remote = GatewayClient.instance()
    remote.url, remote.auth_token = sys.argv[1], os.environ["JUPYTER_TOKEN"]
    # jupyter_server's client sends the token with its requests, and forgets it here.
    header = [f"Authorization: token {remote.auth_token}"]
    websocket.create_connection = partial(websocket.create_connection, header=header)
    notebook = nbformat.read(sys.stdin, as_version=4)
    client = NotebookClient(
        notebook, allow_errors=True, timeout=60, kernel_manager_class=GatewayKernelManager
    )
    client.execute()
    nbformat.write(notebook, sys.stdout)


if __name__ == "__main__":
    main()
