"""The pages and files of JupyterLab."""

from __future__ import annotations

from platform_extensions.lab.handlers import HomeHandler, LabHandler
from platform_extensions.lab.page import EXTENSIONS, STATIC
from platform_extensions.lab.settings import AllSettingsHandler, PluginSettingsHandler
from platform_extensions.lab.static import StaticHandler
from platform_extensions.lab.translations import LanguageHandler, LanguagesHandler
from platform_extensions.lab.workspaces import MAX_BODY, WorkspaceHandler, WorkspacesHandler
from platform_extensions.routing import Route
from platform_server.identity.permissions import Permission

_NAME = r"[a-zA-Z0-9_-]{1,128}"
_WORKSPACE = rf"(?:/workspaces/(?P<workspace>{_NAME}))?"
_SEE, _CHANGE = Permission.PROFILE, Permission.ACCOUNT

ROUTES: tuple[Route, ...] = (
    Route(r"/", HomeHandler, None),
    Route(rf"/(?P<mode>lab|doc){_WORKSPACE}/?", LabHandler, Permission.PROFILE),
    Route(rf"/(?P<mode>lab|doc){_WORKSPACE}/tree/?(?P<tree>.*?)/?", LabHandler, Permission.PROFILE),
    Route(r"/lab/api/settings/?", AllSettingsHandler, _SEE),
    Route(r"/lab/api/settings/(.+)", PluginSettingsHandler, _SEE, write=_CHANGE),
    Route(r"/lab/api/workspaces/?", WorkspacesHandler, _SEE),
    Route(
        rf"/lab/api/workspaces/({_NAME})",
        WorkspaceHandler,
        _SEE,
        write=_CHANGE,
        max_body=MAX_BODY,
    ),
    Route(r"/lab/api/translations/?", LanguagesHandler, _SEE),
    Route(r"/lab/api/translations/[\w-]+", LanguageHandler, _SEE),
    *(
        Route(rf"/{prefix}/(.+)", StaticHandler, None, kwargs={"prefix": prefix})
        for prefix in (STATIC, EXTENSIONS, "lab/api/themes", "static/platform")
    ),
    Route(
        r"/(favicon\.ico|robots\.txt)", StaticHandler, None, kwargs={"prefix": "static/platform"}
    ),
)
