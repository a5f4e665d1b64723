"""Which addresses an index may send the server to for its files."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

_INNER = (".internal", ".local", ".localdomain", ".localhost")


async def is_elsewhere(url: httpx.URL, index: httpx.URL) -> bool:
    """Tell whether a request that the index led to must not be made.

    The index's own host may be anywhere. Others have to be public: no page and no redirect leads
    the server to what only it can reach, nor from an encrypted connection to an open one.
    """
    if url.scheme not in {"http", "https"} or (index.scheme == "https" and url.scheme != "https"):
        return True
    if (url.host, url.port) == (index.host, index.port):
        return False
    host = url.host.rstrip(".").lower()
    if host == "localhost" or host.endswith(_INNER):
        return True
    return not all(_is_public(address) for address in await _addresses(host))


async def _addresses(host: str) -> list[str]:
    """Return a host's addresses; none if only a proxy knows them."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                host, None, type=socket.SOCK_STREAM
            )
        except OSError:
            return []
        return [str(address[4][0]) for address in found]
    return [host]


def _is_public(address: str) -> bool:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_global
