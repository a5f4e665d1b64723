"""``/api/submissions/{id}/comments``: what is said about what was submitted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tornado import web

from platform_extensions.projects.models import file_model
from platform_extensions.submissions.handlers import ReviewHandler
from platform_extensions.submissions.models import (
    NewComment,
    Said,
    place_model,
    speakers_of,
    thread_model,
)
from platform_extensions.submissions.shapes import AppliedModel, PlacedThreadModel
from platform_server.review.model import CommentId, ThreadId

if TYPE_CHECKING:
    from platform_server.review.model import Thread


class ThreadsHandler(ReviewHandler):
    """Base of what is about threads."""

    async def reply_thread(self, thread: Thread, *, status: int = 200) -> None:
        """Answer with a thread."""
        names = await self.reviews.submissions.names(speakers_of(thread))
        self.reply(thread_model(thread, names), status=status)


class CommentsHandler(ThreadsHandler):
    """All that is said about a submission."""

    @web.authenticated
    async def get(self, submission_id: str) -> None:
        """List the threads with their comments, the oldest first. Drafts are their author's.

        ``now`` tells where each thread's place is in round ``?round=``, the latest if left out.
        """
        view = await self.view(submission_id)
        threads = await self.reviews.discussion.list(view)
        number = self.number(view)
        places = await self.reviews.discussion.places(view, threads, number)
        people = [one for thread in threads for one in speakers_of(thread)]
        names = await self.reviews.submissions.names(people)
        self.reply(
            [
                PlacedThreadModel(**thread_model(one, names), now=place_model(place))
                for one, place in zip(threads, places, strict=True)
            ]
        )

    @web.authenticated
    async def post(self, submission_id: str) -> None:
        """Say something: about a place, or in the thread of ``reply_to``; answer that thread."""
        view, wanted = await self.view(submission_id), self.body(NewComment)
        discussion = self.reviews.discussion
        if wanted.reply_to is not None:
            thread, _ = await discussion.find(view, CommentId(wanted.reply_to))
            thread = await discussion.answer(view, thread, wanted.remark)
        else:
            number = wanted.round or view.submission.round
            thread = await discussion.begin(view, number, wanted.place, wanted.remark)
        await self.reply_thread(thread, status=201)


class OneCommentHandler(ThreadsHandler):
    """One comment."""

    @web.authenticated
    async def patch(self, submission_id: str, comment_id: str) -> None:
        """Change one's own draft."""
        view = await self.view(submission_id)
        remark = self.body(Said).remark
        thread = await self.reviews.discussion.edit(view, CommentId(comment_id), remark)
        await self.reply_thread(thread)

    @web.authenticated
    async def delete(self, submission_id: str, comment_id: str) -> None:
        """Remove one's own draft."""
        view = await self.view(submission_id)
        await self.reviews.discussion.delete(view, CommentId(comment_id))
        self.set_status(204)
        self.finish()


class ApplyHandler(ThreadsHandler):
    """A suggestion, taken over."""

    @web.authenticated
    async def post(self, submission_id: str, comment_id: str) -> None:
        """Save the file with what is suggested. Makers only."""
        view = await self.view(submission_id)
        thread, entry = await self.reviews.suggestions.apply(view, CommentId(comment_id))
        names = await self.reviews.submissions.names(speakers_of(thread))
        self.reply(AppliedModel(thread=thread_model(thread, names), file=file_model(entry)))


class ResolvedHandler(ThreadsHandler):
    """Whether there is more to say in a thread."""

    @web.authenticated
    async def put(self, submission_id: str, thread_id: str) -> None:
        """Resolve it."""
        view = await self.view(submission_id)
        await self.reply_thread(await self.reviews.discussion.resolve(view, ThreadId(thread_id)))

    @web.authenticated
    async def delete(self, submission_id: str, thread_id: str) -> None:
        """Reopen it."""
        view = await self.view(submission_id)
        await self.reply_thread(await self.reviews.discussion.reopen(view, ThreadId(thread_id)))
