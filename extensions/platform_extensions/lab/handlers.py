"""The pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from tornado import web
from tornado.web import HTTPError

from platform_extensions.failures import PageFailures
from platform_extensions.headers import LAB_POLICY, PAGE_POLICY
from platform_extensions.lab.page import THEME, Place

if TYPE_CHECKING:
    from platform_extensions.lab.page import Page


class LabHandler(PageFailures, JupyterHandler):
    """JupyterLab."""

    @property
    def content_security_policy(self) -> str:
        """Allow what JupyterLab needs, from this server only."""
        return LAB_POLICY

    @web.authenticated
    async def get(self, mode: str, workspace: str | None = None, tree: str | None = None) -> None:
        """Show it. The browser finds out by itself who it is."""
        page: Page = self.settings["platform_lab"].page
        place = Place(mode=mode, workspace=workspace or "default", tree=tree or "")
        template = self.settings["platform_pages"].get_template("lab.html")
        self.finish(
            template.render(
                base_url=self.base_url,
                config=page.config(place),
                main=page.main,
                preload=page.preload,
                theme=THEME,
            )
        )
        _ = self.xsrf_token  # sets the cookie that the page sends back with each change


class NothingHandler(PageFailures, JupyterHandler):
    """Whatever no route is for."""

    @property
    def content_security_policy(self) -> str:
        """Allow a page of text."""
        return PAGE_POLICY

    @allow_unauthenticated
    async def get(self) -> None:
        """Say that there is nothing."""
        raise HTTPError(404)

    head = post = put = patch = delete = options = get

    def check_xsrf_cookie(self) -> None:
        """Accept: nothing is done."""


class HomeHandler(web.RequestHandler):
    """The address of the server alone."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Go to JupyterLab."""
        self.redirect(f"{self.settings['base_url']}lab")

    head = get
