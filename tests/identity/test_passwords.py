"""Passwords are kept as argon2id, at a bounded cost, and say nothing by what they cost."""

from __future__ import annotations

import asyncio

import pytest

from platform_server.clock import new_id, utc_now
from platform_server.errors import TooManyRequests
from platform_server.identity.accounts import LocalAccounts, Proof
from platform_server.identity.model import Role
from platform_server.identity.passwords import HashCost, Passwords
from platform_server.testing.identity import QUICK, MemoryUsers


class CountingPasswords(Passwords):
    """Counts the hashes that it computes."""

    def __init__(self) -> None:
        super().__init__(QUICK)
        self.computed = 0

    def _fits(self, password: str, stored: str) -> bool:
        self.computed += 1
        return super()._fits(password, stored)


async def test_what_is_stored_is_argon2id_with_the_cost_that_owasp_advises() -> None:
    stored = await Passwords().hash("ten letters")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert "ten letters" not in stored


async def test_only_the_password_itself_is_right() -> None:
    passwords = Passwords(QUICK)
    stored = await passwords.hash("pässword 🐍")
    assert await passwords.is_right("pässword 🐍", stored)
    assert not await passwords.is_right("passwort 🐍", stored)
    assert not await passwords.is_right("pässword 🐍", None)
    assert not await passwords.is_right("pässword 🐍", "nonsense in the database")


async def test_the_whole_of_a_long_password_counts() -> None:
    passwords = Passwords(QUICK)
    stored = await passwords.hash("x" * 1024)
    assert await passwords.is_right("x" * 1024, stored)
    assert not await passwords.is_right("x" * 1023, stored)
    assert not await passwords.is_right("x" * 1025, stored)
    assert not await passwords.is_right("x" * 1026, stored)


async def test_an_unknown_address_costs_the_same_work_as_a_wrong_password() -> None:
    passwords, users = CountingPasswords(), MemoryUsers()
    accounts = LocalAccounts(users, passwords, clock=utc_now, new_id=new_id)
    await accounts.register("ada@example.org", "ten letters", name="", role=Role.LEARNER)
    assert await accounts.authenticate("ada@example.org", "wrong") is None
    known = passwords.computed
    assert await accounts.authenticate("nobody@example.org", "wrong") is None
    assert passwords.computed - known == known == 1


async def test_a_stored_hash_is_renewed_when_the_cost_goes_up() -> None:
    users = MemoryUsers()
    old = LocalAccounts(users, Passwords(QUICK), clock=utc_now, new_id=new_id)
    user = await old.register("ada@example.org", "ten letters", name="", role=Role.LEARNER)
    before = users.hashes[user.id]
    dearer = Passwords(HashCost(passes=2, memory_kib=16))
    new = LocalAccounts(users, dearer, clock=utc_now, new_id=new_id)
    assert await new.authenticate("ada@example.org", "ten letters") == Proof(user=user)
    after = users.hashes[user.id]
    assert after != before
    assert await new.authenticate("ada@example.org", "ten letters") == Proof(user=user)
    assert users.hashes[user.id] == after


async def test_a_crowd_waits_and_a_flood_is_refused() -> None:
    passwords = Passwords(QUICK)
    stored = await passwords.hash("ten letters")
    tries = [passwords.is_right("ten letters", stored) for _ in range(300)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert answers.count(True) == 200
    assert sum(isinstance(answer, TooManyRequests) for answer in answers) == 100
    assert await passwords.is_right("ten letters", stored)


@pytest.mark.parametrize("password", ["\ud800" * 10, "\0" * 10])
async def test_any_text_is_a_password(password: str) -> None:
    passwords = Passwords(QUICK)
    assert await passwords.is_right(password, await passwords.hash(password))
