"""Threads about what was submitted: begun, answered, resolved. Drafts are their author's only."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from platform_server import clock
from platform_server.errors import (
    AccessDenied,
    Conflict,
    InvalidInput,
    ThreadNotFound,
    TooLarge,
)
from platform_server.review.anchors import anchored
from platform_server.review.follower import Follower
from platform_server.review.model import (
    UNDECIDED,
    Anchor,
    Comment,
    CommentId,
    Happening,
    Thread,
    ThreadId,
)
from platform_server.review.repository import NewThread, Note
from platform_server.review.rules import require_round, visible

if TYPE_CHECKING:
    from platform_server.review.following import Place
    from platform_server.review.repository import ThreadRepository
    from platform_server.review.rules import View
    from platform_server.review.submitted import SubmittedFiles

Threads: TypeAlias = list[Thread]
Places: TypeAlias = list["Place"]

MAX_BODY = 20_000  # characters of a comment
MAX_SUGGESTION = 100_000  # characters
MAX_COMMENTS = 2_000  # of one submission
_LARGEST = 32 * 2**20  # bytes of a file whose places can be found
_OTHERS = "Only those who wrote a comment may change it."
_PUBLISHED = "A comment that others can read stays: change it, or add another one."
_TAKEN = "The suggestion was taken over already: add another comment."
_FULL = f"A submission can have {MAX_COMMENTS} comments."


@dataclass(frozen=True, kw_only=True)
class Remark:
    """Something to be said."""

    body: str
    suggestion: str | None = None  # what should stand in the place of the anchor
    draft: bool | None = None  # None: what a reviewer notes before the decision is one


class DiscussionService:
    """What makers and reviewers say to each other. Who sees a submission may take part in it."""

    def __init__(
        self,
        repository: ThreadRepository,
        files: SubmittedFiles,
        *,
        now: clock.Clock = clock.utc_now,
        new_id: clock.IdFactory = clock.new_id,
    ) -> None:
        self._repository = repository
        self._files = files
        self._follower = Follower(files)
        self._now = now
        self._new_id = new_id

    async def list(self, view: View) -> Threads:
        """Return the threads that the viewer may read, the oldest first."""
        threads = await self._repository.threads(view.submission.id)
        shown = [replace(one, comments=visible(one, view.viewer)) for one in threads]
        return [one for one in shown if one.comments]

    async def places(self, view: View, threads: Threads, number: int) -> Places:
        """Return where in a round each thread is. Raises SubmissionNotFound, SubmissionDamaged."""
        return await self._follower.places(
            view, [(one.round, one.anchor) for one in threads], number
        )

    async def get(self, view: View, thread_id: ThreadId) -> Thread:
        """Return one thread. Raises ThreadNotFound."""
        return _shown(view, await self._repository.thread(thread_id))

    async def find(self, view: View, comment_id: CommentId) -> tuple[Thread, Comment]:
        """Return a comment and the thread that it is in. Raises ThreadNotFound."""
        thread = _shown(view, await self._repository.thread_of(comment_id))
        for one in thread.comments:
            if one.id == comment_id:
                return thread, one
        raise ThreadNotFound

    async def begin(self, view: View, number: int, anchor: Anchor, remark: Remark) -> Thread:
        """Say something about a place in a round.

        Raises SubmissionNotFound, FileMissing, and InvalidInput where there is no such place.
        """
        require_round(view, number)
        await self._require_room(view)
        place = await self._placed(view, number, anchor)
        if remark.suggestion is not None and place.cell_id is None and place.line is None:
            raise InvalidInput("A suggestion says what to put in the place of lines or a cell.")
        thread_id = ThreadId(self._new_id())
        comment = self._comment(view, thread_id, remark)
        thread = NewThread(
            id=thread_id, submission_id=view.submission.id, round=number, anchor=place
        )
        await self._repository.begin_thread(thread, comment, self._note(view, comment))
        return await self.get(view, thread_id)

    async def answer(self, view: View, thread: Thread, remark: Remark) -> Thread:
        """Say something in a thread."""
        await self._require_room(view)
        comment = self._comment(view, thread.id, remark)
        note = self._note(view, comment)
        await self._repository.add_comment(view.submission.id, comment, note)
        return await self.get(view, thread.id)

    async def edit(self, view: View, comment_id: CommentId, remark: Remark) -> Thread:
        """Change one's own comment. What others could read is kept as an event.

        Raises ThreadNotFound, AccessDenied, and Conflict once its suggestion was taken over.
        """
        thread, comment = await self._own(view, comment_id)
        _check(remark)
        if thread.applied_at is not None and remark.suggestion != comment.suggestion:
            raise Conflict(_TAKEN)
        after = replace(
            comment, body=remark.body, suggestion=remark.suggestion, edited_at=self._now()
        )
        note = self._note(view, comment)
        if note is not None:
            said = {"before": comment.body, "suggestion_before": comment.suggestion}
            detail = {**note.detail, **said}
            at = after.edited_at or note.at
            note = replace(note, what=Happening.EDITED, at=at, detail=detail)
        await self._repository.edit_comment(view.submission.id, after, note)
        return await self.get(view, thread.id)

    async def delete(self, view: View, comment_id: CommentId) -> None:
        """Remove one's own draft. Raises ThreadNotFound, AccessDenied, Conflict."""
        _, comment = await self._own(view, comment_id)
        if comment.published_at is not None:
            raise Conflict(_PUBLISHED)
        await self._repository.delete_comment(comment.id)

    async def resolve(self, view: View, thread_id: ThreadId) -> Thread:
        """Note that there is nothing more to say. May be repeated."""
        thread = await self.get(view, thread_id)
        if thread.resolved_at is not None:
            return thread
        done = replace(thread, resolved_at=self._now(), resolved_by=view.viewer.id)
        return await self._mark(view, done, Happening.RESOLVED)

    async def reopen(self, view: View, thread_id: ThreadId) -> Thread:
        """Note that there is more to say after all. May be repeated."""
        thread = await self.get(view, thread_id)
        if thread.resolved_at is None:
            return thread
        again = replace(thread, resolved_at=None, resolved_by=None)
        return await self._mark(view, again, Happening.REOPENED)

    async def applied(self, view: View, thread: Thread) -> Thread:
        """Note that a suggestion of the thread was taken over, which resolves it."""
        now = self._now()
        done = replace(thread, applied_at=now, resolved_at=now, resolved_by=view.viewer.id)
        return await self._mark(view, done, Happening.APPLIED)

    async def _mark(self, view: View, thread: Thread, what: Happening) -> Thread:
        note = Note(
            at=self._now(),
            actor_id=view.viewer.id,
            what=what,
            detail={"round": thread.round, "thread": thread.id},
            tell=view.parties,
        )
        await self._repository.mark_thread(thread, note)
        return await self.get(view, thread.id)

    async def _placed(self, view: View, number: int, anchor: Anchor) -> Anchor:
        if anchor.path is None:
            return Anchor()
        file = await self._files.find(view, number, anchor.path)
        place = replace(anchor, path=file.path, quote="")
        if place.cell_id is None and place.line is None and place.output is None:
            return place
        if file.size > _LARGEST:
            raise TooLarge("That file is too large to comment on places in it.")
        return await asyncio.to_thread(anchored, place, await self._files.read(view, file))

    async def _own(self, view: View, comment_id: CommentId) -> tuple[Thread, Comment]:
        thread, comment = await self.find(view, comment_id)
        if comment.author_id != view.viewer.id:
            raise AccessDenied(_OTHERS)
        return thread, comment

    async def _require_room(self, view: View) -> None:
        threads = await self._repository.threads(view.submission.id)
        if sum(len(one.comments) for one in threads) >= MAX_COMMENTS:
            raise InvalidInput(_FULL)

    def _comment(self, view: View, thread_id: ThreadId, remark: Remark) -> Comment:
        _check(remark)
        now = self._now()
        is_reviewing = (
            view.submission.reviewer_id == view.viewer.id and view.submission.state in UNDECIDED
        )
        is_draft = is_reviewing if remark.draft is None else remark.draft and is_reviewing
        return Comment(
            id=CommentId(self._new_id()),
            thread_id=thread_id,
            author_id=view.viewer.id,
            body=remark.body,
            suggestion=remark.suggestion,
            created_at=now,
            published_at=None if is_draft else now,
        )

    def _note(self, view: View, comment: Comment) -> Note | None:
        if comment.published_at is None:
            return None
        detail = {"thread": comment.thread_id, "comment": comment.id}
        return Note(
            at=comment.created_at,
            actor_id=view.viewer.id,
            what=Happening.COMMENTED,
            detail=detail,
            tell=view.parties,
        )


def _shown(view: View, thread: Thread | None) -> Thread:
    if thread is None or thread.submission_id != view.submission.id:
        raise ThreadNotFound
    shown = replace(thread, comments=visible(thread, view.viewer))
    if not shown.comments:
        raise ThreadNotFound
    return shown


def _check(remark: Remark) -> None:
    if not remark.body.strip() and remark.suggestion is None:
        raise InvalidInput("Say something.")
    if len(remark.body) > MAX_BODY or len(remark.suggestion or "") > MAX_SUGGESTION:
        raise InvalidInput(f"A comment has at most {MAX_BODY} characters.")
