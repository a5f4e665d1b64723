"""Which addresses an index may send the server to for its files."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

_INNER = (".internal", ".local", ".localdomain", ".localhost")


async def is_elsewhere(url: httpx.URL, index: httpx.URL) -> bool:
    """Tell whether a request that the index led to must not be made.

    The index's own host may be anywhere. Others have names, and are public or as far inside as the
    index is (where a company keeps a copy of it): no page and no redirect leads the server to what
    only it can reach, nor from an encrypted connection to an open one.
    """
    if url.scheme not in {"http", "https"} or (index.scheme == "https" and url.scheme != "https"):
        return True
    if (url.host, url.port) == (index.host, index.port):
        return False
    host = url.host.rstrip(".").lower()
    if host == "localhost" or host.endswith(_INNER):
        return True
    if _parsed(host) is not None:
        return _scope(host) is not Scope.PUBLIC
    allowed = {Scope.PUBLIC} | {_scope(one) for one in await _addresses(index.host)}
    return not {_scope(one) for one in await _addresses(host)} <= allowed


class Scope(Enum):
    """How far an address reaches."""

    MACHINE = "machine"
    LINK = "link"  # where clouds have their metadata
    NETWORK = "network"
    PUBLIC = "public"


def _scope(address: str) -> Scope:
    parsed = _parsed(address)
    if parsed is None or parsed.is_link_local or parsed.is_multicast or parsed.is_unspecified:
        return Scope.LINK
    if parsed.is_loopback:
        return Scope.MACHINE
    return Scope.PUBLIC if parsed.is_global else Scope.NETWORK


def _parsed(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


async def _addresses(host: str) -> list[str]:
    """Return a host's addresses; none if only a proxy knows them."""
    try:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return [str(address[4][0]) for address in found]
