"""When a kernel that ended is started again."""

from __future__ import annotations

from platform_extensions.kernels.restarts import RestartLimits, RestartPolicy


class Clock:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


LIMITS = RestartLimits(attempts=3, stable=30, pauses=(0, 1, 5))


def test_089_a_kernel_that_keeps_ending_is_started_ever_more_slowly_and_then_not_at_all() -> None:
    policy = RestartPolicy(LIMITS, now=Clock())
    assert [policy.pause() for _ in range(4)] == [0, 1, 5, None]


def test_a_kernel_that_lived_for_a_while_is_started_at_once() -> None:
    clock = Clock()
    policy = RestartPolicy(LIMITS, now=clock)
    assert [policy.pause(), policy.pause()] == [0, 1]
    policy.started()
    clock.time += 30
    assert policy.pause() == 0


def test_a_restart_on_purpose_begins_anew() -> None:
    policy = RestartPolicy(LIMITS, now=Clock())
    assert [policy.pause() for _ in range(4)][-1] is None
    policy.forgive()
    assert policy.pause() == 0
