"""Passwords: what is accepted, and how they are kept."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from platform_server.errors import TooManyRequests, WeakPassword

if TYPE_CHECKING:
    from collections.abc import Callable

MIN_LENGTH = 10  # characters
MAX_LENGTH = 1024  # characters
_AT_ONCE = 2  # threads that hash; each holds its memory cost
_WAITING = 200  # requests that may wait for one

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class HashCost:
    """What one hash costs. The default is OWASP's advice: 19 MiB and about 50 ms."""

    passes: int = 2
    memory_kib: int = 19 * 1024


def check_password(password: str) -> None:
    """Raise WeakPassword unless the length is acceptable; there is no other rule."""
    if len(password) < MIN_LENGTH:
        raise WeakPassword(f"The password is too short: use at least {MIN_LENGTH} characters.")
    if len(password) > MAX_LENGTH:
        raise WeakPassword(f"The password is too long: use at most {MAX_LENGTH} characters.")


class Passwords:
    """Hashes and verifies with argon2id, in threads, a few at once."""

    def __init__(self, cost: HashCost | None = None) -> None:
        cost = cost or HashCost()
        self._hasher = PasswordHasher(
            time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=1
        )
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0
        self._decoy = self._hasher.hash("a password that no account has")

    async def hash(self, password: str) -> str:
        """Return what is stored. Raises TooManyRequests when too many wait."""
        return await self._in_turn(lambda: self._hasher.hash(_encoded(password)))

    async def is_right(self, password: str, stored: str | None) -> bool:
        """Tell whether the password is the stored one; None costs as much as a wrong one.

        Raises TooManyRequests when too many wait.
        """
        fits = await self._in_turn(lambda: self._fits(password, stored or self._decoy))
        return fits and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Tell whether the password should be hashed anew, at today's cost."""
        return self._hasher.check_needs_rehash(stored)

    def _fits(self, password: str, stored: str) -> bool:
        try:
            return self._hasher.verify(stored, _encoded(password))
        except (VerificationError, InvalidHashError):
            return False

    async def _in_turn(self, work: Callable[[], T]) -> T:
        if self._waiting >= _WAITING:
            raise TooManyRequests("Many people are signing in right now.", retry_after=5)
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1


def _encoded(password: str) -> bytes:
    # One character more than allowed: it cannot be right, and costs no more to refuse.
    return password[: MAX_LENGTH + 1].encode(errors="surrogatepass")
