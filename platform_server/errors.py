"""Every condition the platform can refuse or fail with, as one tree.

A class is a condition; its docstring is the message a user reads unless a better one is given; its
``reason`` is the stable code that clients match on. Only the HTTP edge knows status codes.

::

    PlatformError
    ├── NotFound            not there, or not yours: the two look the same from outside
    │   ├── UserNotFound  ProjectNotFound  FileMissing  SandboxNotFound
    │   ├── KernelNotFound  TerminalNotFound  TokenNotFound  SessionNotFound  CheckpointNotFound
    │   ├── PackageNotFound  SubmissionNotFound  ThreadNotFound  CommandNotFound
    │   └── GroupNotFound
    ├── NotSignedIn
    ├── AccessDenied        signed in, may see it, may not do this
    │   └── PackageDenied
    ├── InvalidInput
    │   └── InvalidName  InvalidPath  InvalidContent  UnknownKernel  WeakPassword
    ├── Conflict
    │   └── NameTaken  RevisionConflict (PreconditionFailed)  WrongKind  DirectoryNotEmpty
    ├── LimitReached
    │   └── QuotaExceeded  TooLarge  TooManyRequests
    └── Unavailable         a part of the platform is down; says which and what to do
        ├── EngineUnavailable  ImageMissing  SandboxStartFailed  SandboxGone  SandboxBusy
        ├── PlacesTaken
        ├── IdentityUnavailable  PackageIndexUnavailable  PackagesNotRebuilt
        └── StorageUnavailable  SubmissionDamaged  RecordDamaged
"""

from __future__ import annotations

from typing import ClassVar


class PlatformError(Exception):
    """Something went wrong."""

    reason: ClassVar[str] = "error"

    def __init__(self, message: str = "") -> None:
        self.message = message or (type(self).__doc__ or "").strip().splitlines()[0]
        super().__init__(self.message)


class NotFound(PlatformError):
    """There is nothing of that name here."""

    reason = "not_found"


class UserNotFound(NotFound):
    """There is no account with that e-mail address."""

    reason = "user_not_found"


class ProjectNotFound(NotFound):
    """There is no project of that name or id here."""

    reason = "project_not_found"


class FileMissing(NotFound):
    """There is no file or folder at that path."""

    reason = "file_not_found"


class SandboxNotFound(NotFound):
    """There is no sandbox with that id."""

    reason = "sandbox_not_found"


class KernelNotFound(NotFound):
    """There is no kernel with that id."""

    reason = "kernel_not_found"


class TerminalNotFound(NotFound):
    """There is no terminal of that name."""

    reason = "terminal_not_found"


class CommandNotFound(NotFound):
    """There is no command line of that id."""

    reason = "command_not_found"


class TokenNotFound(NotFound):
    """There is no API token with that id."""

    reason = "token_not_found"


class SessionNotFound(NotFound):
    """There is no session with that id."""

    reason = "session_not_found"


class PackageNotFound(NotFound):
    """The package index has nothing of that name."""

    reason = "package_not_found"


class CheckpointNotFound(NotFound):
    """There is no checkpoint with that id."""

    reason = "checkpoint_not_found"


class SubmissionNotFound(NotFound):
    """There is no submission with that id."""

    reason = "submission_not_found"


class ThreadNotFound(NotFound):
    """There is no such comment or thread."""

    reason = "thread_not_found"


class GroupNotFound(NotFound):
    """There is no group with that id."""

    reason = "group_not_found"


class NotSignedIn(PlatformError):
    """Sign in first, or send a valid API token."""

    reason = "not_signed_in"


class AccessDenied(PlatformError):
    """Your account may not do this."""

    reason = "access_denied"


class PackageDenied(AccessDenied):
    """That package may not be installed on this server."""

    reason = "package_denied"


class InvalidInput(PlatformError):
    """The request does not make sense."""

    reason = "invalid_input"


class InvalidName(InvalidInput):
    """That name cannot be used."""

    reason = "invalid_name"


class InvalidPath(InvalidInput):
    """That path cannot be used."""

    reason = "invalid_path"


class InvalidContent(InvalidInput):
    """The content is not what its type says."""

    reason = "invalid_content"


class UnknownKernel(InvalidInput):
    """There is no kernel of that name; GET /api/kernelspecs lists the ones there are."""

    reason = "unknown_kernel"


class WeakPassword(InvalidInput):
    """The password is too short: use at least ten characters."""

    reason = "weak_password"


class Conflict(PlatformError):
    """Somebody else was faster, or the name is in use."""

    reason = "conflict"


class NameTaken(Conflict):
    """That name is in use already."""

    reason = "name_taken"


class RevisionConflict(Conflict):
    """The file was changed by somebody else since you opened it."""

    reason = "revision_conflict"


class PreconditionFailed(RevisionConflict):
    """The file is not in the state that the request was made for."""


class WrongKind(Conflict):
    """A file is where a folder is needed, or a folder where a file is."""

    reason = "wrong_kind"


class DirectoryNotEmpty(Conflict):
    """The folder is not empty."""

    reason = "directory_not_empty"


class LimitReached(PlatformError):
    """A limit of your account is reached."""

    reason = "limit_reached"


class QuotaExceeded(LimitReached):
    """The project's quota is used up: delete something, or ask for more."""

    reason = "quota_exceeded"


class TooLarge(LimitReached):
    """That is larger than the platform accepts."""

    reason = "too_large"


class TooManyRequests(LimitReached):
    """Too many attempts: wait a little and try again."""

    reason = "too_many_requests"

    def __init__(self, message: str = "", *, retry_after: int = 60) -> None:
        super().__init__(message)
        self.retry_after = retry_after  # seconds


class Unavailable(PlatformError):
    """A part of the platform is not available right now; try again in a moment."""

    reason = "unavailable"


class PlacesTaken(Unavailable):
    """All places for sandboxes are taken; try again in a few minutes."""

    reason = "places_taken"

    def __init__(self, message: str = "", *, retry_after: int = 60) -> None:
        super().__init__(message)
        self.retry_after = retry_after  # seconds


class EngineUnavailable(Unavailable):
    """The container engine does not answer: ask the admin to run `jupyter platform doctor`."""

    reason = "engine_unavailable"


class ImageMissing(Unavailable):
    """The sandbox image is missing: ask the admin to run `jupyter platform image build`."""

    reason = "image_missing"


class SandboxStartFailed(Unavailable):
    """The sandbox did not start."""

    reason = "sandbox_start_failed"


class SandboxGone(Unavailable):
    """The sandbox ended while the request was under way; the next request starts a new one."""

    reason = "sandbox_gone"


class SandboxBusy(Unavailable):
    """The sandbox does not answer: something in it takes all it has. Stop it, and start again."""

    reason = "sandbox_busy"


class IdentityUnavailable(Unavailable):
    """The sign-in service does not answer; try again in a moment."""

    reason = "identity_unavailable"


class PackageIndexUnavailable(Unavailable):
    """The package index does not answer; try again in a moment."""

    reason = "package_index_unavailable"


class PackagesNotRebuilt(Unavailable):
    """Not all of the recorded packages could be installed again."""

    reason = "packages_not_rebuilt"


class SubmissionDamaged(Unavailable):
    """What was submitted is not what is stored: ask the admin to restore it from a backup."""

    reason = "submission_damaged"


class RecordDamaged(Unavailable):
    """The record of what admins did was changed: ask the admin to compare it with a backup."""

    reason = "record_damaged"

    def __init__(self, message: str = "", *, number: int = 0) -> None:
        super().__init__(message)
        self.number = number  # of an act that cannot be read


class StorageUnavailable(Unavailable):
    """The project store cannot be reached; what is in the sandbox stays there until it can."""

    reason = "storage_unavailable"
