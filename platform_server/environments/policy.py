"""What may be installed: pure decisions, each refusal with its reason."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from platform_server.environments.model import IndexFile, PackagePolicy

_NO_DIGEST = "the index gives no SHA-256 for it"
_NOT_A_WHEEL = "only wheels may be installed here, which run no code while they are"


def is_private(policy: PackagePolicy, package: str) -> bool:
    """Tell whether the package comes from the private index, and from no other."""
    return _matches(package, policy.private)


def refusal_of_name(policy: PackagePolicy, package: str) -> str | None:
    """Return why a package may not be installed, None if it may."""
    if not _matches(package, policy.allow) or _matches(package, policy.deny):
        return f'The package "{package}" may not be installed on this server.'
    return None


def refusal_of_file(policy: PackagePolicy, file: IndexFile, *, now: datetime) -> str | None:
    """Return why a file of a public index may not be installed, None if it may."""
    refusal = refusal_of_any_file(policy, file)
    if refusal is None and policy.cool_off_denies:
        return youth(policy, file, now=now)
    return refusal


def refusal_of_any_file(policy: PackagePolicy, file: IndexFile) -> str | None:
    """Return why a file may not be installed, wherever it comes from."""
    if file.sha256 is None:
        return _NO_DIGEST
    if policy.wheels_only and not file.is_wheel:
        return _NOT_A_WHEEL
    if file.size is not None and file.size > policy.max_file_bytes:
        return f"it is larger than {policy.max_file_bytes // 2**20} MB"
    return None


def youth(policy: PackagePolicy, file: IndexFile, *, now: datetime) -> str | None:
    """Return that a file is younger than files have to be, None if it is not.

    Malicious releases are mostly found within days. A file whose age is not known is not trusted.
    """
    if policy.cool_off is None:
        return None
    days = round(policy.cool_off.total_seconds() / 86400, 1)
    if file.uploaded_at is None:
        return f"it is not known to be {days:g} days old"
    if now - file.uploaded_at < policy.cool_off:
        return f"it was uploaded less than {days:g} days ago"
    return None


def _matches(package: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(package, pattern) for pattern in patterns)
