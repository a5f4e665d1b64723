"""Every route of the server. What is not listed here is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from platform_extensions.acts.routes import ROUTES as ACTS
from platform_extensions.api.routes import ROUTES as API
from platform_extensions.containers.routes import ROUTES as CONTAINERS
from platform_extensions.contents.routes import ROUTES as CONTENTS
from platform_extensions.events.routes import ROUTES as EVENTS
from platform_extensions.files.routes import ROUTES as FILES
from platform_extensions.groups.routes import ROUTES as GROUPS
from platform_extensions.identity.routes import ROUTES as IDENTITY
from platform_extensions.kernels.routes import ROUTES as KERNELS
from platform_extensions.kernelspecs.routes import ROUTES as KERNELSPECS
from platform_extensions.lab.handlers import NothingHandler
from platform_extensions.lab.routes import ROUTES as LAB
from platform_extensions.openapi.routes import ROUTES as OPENAPI
from platform_extensions.operations.routes import ROUTES as OPERATIONS
from platform_extensions.packages.routes import ROUTES as PACKAGES
from platform_extensions.projects.routes import ROUTES as PROJECTS
from platform_extensions.routing import Route
from platform_extensions.sessions.routes import ROUTES as SESSIONS
from platform_extensions.submissions.routes import ROUTES as SUBMISSIONS
from platform_extensions.terminals.routes import ROUTES as TERMINALS

if TYPE_CHECKING:
    from collections.abc import Sequence

ROUTES: Sequence[Route] = (
    *ACTS,
    *API,
    *CONTAINERS,
    *CONTENTS,
    *EVENTS,
    *FILES,
    *GROUPS,
    *IDENTITY,
    *KERNELS,
    *KERNELSPECS,
    *OPENAPI,
    *OPERATIONS,
    *PACKAGES,
    *PROJECTS,
    *SESSIONS,
    *SUBMISSIONS,
    *TERMINALS,
    *LAB,
    # The last: Jupyter's own routes come after it, so that none of them is ever reached.
    Route(r"/.*", NothingHandler, None),
)
