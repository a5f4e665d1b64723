"""How often somebody may try: by account and by where they come from."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from platform_server.errors import TooManyRequests

if TYPE_CHECKING:
    from limits import RateLimitItem

_SITE = 64  # bits of an IPv6 address that one customer has to themselves


@dataclass(frozen=True, kw_only=True)
class AttemptLimits:
    """What is allowed, each in any period of that many minutes."""

    minutes: int = 5
    per_account_and_client: int = 10  # tries of one account from one address
    failures_per_account: int = 100  # from anywhere; enough that nobody locks its owner out easily
    failures_per_client: int = 100  # over all accounts; a class may share one address
    sign_ups_per_client: int = 100


class Attempts:
    """Counts attempts of this process and refuses when there are too many."""

    def __init__(self, limits: AttemptLimits | None = None) -> None:
        limits = limits or AttemptLimits()
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._pair = _item(limits.per_account_and_client, limits)
        self._of_account = _item(limits.failures_per_account, limits)
        self._of_client = _item(limits.failures_per_client, limits)
        self._sign_ups = _item(limits.sign_ups_per_client, limits)

    def begin_sign_in(self, account: str, client: str) -> None:
        """Count one try before its password is looked at. Raises TooManyRequests."""
        site = site_of(client)
        self._check(self._of_client, "client", site)
        self._check(self._of_account, "account", account)
        self._hit(self._pair, "pair", account, site)

    def sign_in_failed(self, account: str, client: str) -> None:
        """Count a wrong password."""
        self._limiter.hit(self._of_client, "client", site_of(client))
        self._limiter.hit(self._of_account, "account", account)

    def sign_in_succeeded(self, account: str, client: str) -> None:
        """Forget the tries: its owner is here."""
        self._limiter.clear(self._pair, "pair", account, site_of(client))

    def begin_sign_up(self, client: str) -> None:
        """Count one sign-up. Raises TooManyRequests."""
        self._hit(self._sign_ups, "sign-up", site_of(client))

    def _check(self, item: RateLimitItem, *key: str) -> None:
        if not self._limiter.test(item, *key):
            raise self._too_many(item, *key)

    def _hit(self, item: RateLimitItem, *key: str) -> None:
        if not self._limiter.hit(item, *key):
            raise self._too_many(item, *key)

    def _too_many(self, item: RateLimitItem, *key: str) -> TooManyRequests:
        free_at = self._limiter.get_window_stats(item, *key).reset_time
        wait = max(1, math.ceil(free_at - time.time()))
        return TooManyRequests(
            f"Too many attempts: try again in {math.ceil(wait / 60)} min.", retry_after=wait
        )


def site_of(client: str) -> str:
    """Return what is counted as one place: an IPv4 address, or an IPv6 network of 64 bits."""
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return client[:64]
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return f"{int(address) >> (128 - _SITE):x}::/64"


def _item(amount: int, limits: AttemptLimits) -> RateLimitItem:
    return RateLimitItemPerMinute(amount, limits.minutes)
