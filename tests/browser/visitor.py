"""A person at a browser: one browser context, one page, and what went wrong in it."""

from __future__ import annotations

import asyncio
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.async_api import TimeoutError as Overdue

from platform_server.testing.serving import PASSWORD

if TYPE_CHECKING:
    from playwright.async_api import (
        APIResponse,
        Browser,
        BrowserContext,
        ConsoleMessage,
        Error,
        Locator,
        Page,
        StorageState,
        ViewportSize,
    )

SCREENSHOTS = Path(__file__).resolve().parents[2] / "artifacts" / "screenshots"
PATIENCE = 40_000  # milliseconds until a step counts as failed; a loaded machine is slow
# What JupyterLab says whenever a kernel ends soon after its notebook was opened, or is asked for
# when it has just gone with its notebook; and that a round has not been run again.
HARMLESS = re.compile(
    r"Could not restore the debugger state: (Canceled future|Cannot read properties of undefined)"
    r"|Failed to load resource: .* 404 \(Not Found\) \(\S+/api/kernels/[0-9a-f-]{36}(\?\d+)?\)"
)
# What JupyterLab throws at nobody when it asks a kernel that ended with its notebook (stock).
DEAD = "Kernel is dead"
SOON = 5_000  # milliseconds until what a person would try again is tried again
WINDOW: ViewportSize = {"width": 1280, "height": 800}

# xterm draws on a canvas; its buffer has the text.
_TERMINAL_TEXT = """() => {
  const buffer = window.jupyterapp.shell.currentWidget?.content?._term?.buffer.active;
  const lines = [];
  for (let at = 0; buffer && at < buffer.length; at++) {
    lines.push(buffer.getLine(at).translateToString(true));
  }
  return lines.join('\\n').trimEnd();
}"""


@dataclass(kw_only=True)
class Account:
    """An account of the server under test."""

    name: str
    email: str
    password: str = PASSWORD


@dataclass(kw_only=True)
class Visitor:
    """Drives one page. ``problems`` must be empty at the end of a test."""

    url: str  # of the server, without a slash at its end
    context: BrowserContext
    page: Page
    account: Account
    problems: list[str] = field(default_factory=list)
    workspace: str = field(default_factory=lambda: secrets.token_hex(4))  # of JupyterLab

    @classmethod
    async def arrive(
        cls, browser: Browser, url: str, account: Account, cookies: StorageState | None = None
    ) -> Visitor:
        """Open a browser, one that nobody has used before unless there are cookies."""
        context = await browser.new_context(viewport=WINDOW, storage_state=cookies)
        context.set_default_timeout(PATIENCE)
        visitor = cls(url=url, context=context, page=await context.new_page(), account=account)
        visitor._listen(visitor.page)
        return visitor

    async def leave(self) -> None:
        """Close the browser, and fail if a page complained."""
        await self.context.close()
        assert not self.problems, "\n".join(self.problems)

    async def another_tab(self) -> Visitor:
        """Open a second page in the same browser; its problems are this visitor's too."""
        page = await self.context.new_page()
        self._listen(page)
        return Visitor(
            url=self.url,
            context=self.context,
            page=page,
            account=self.account,
            problems=self.problems,
        )

    def _listen(self, page: Page) -> None:
        page.on("pageerror", self._note_error)
        page.on("console", self._note_message)

    def _note_error(self, error: Error) -> None:
        if error.message != DEAD:
            self.problems.append(f"page error: {error}")

    def _note_message(self, message: ConsoleMessage) -> None:
        text = f"{message.text} ({message.location.get('url')})"
        if message.type == "error" and not HARMLESS.match(text):
            self.problems.append(f"console: {text}")

    def expect_problem(self, pattern: str) -> None:
        """Take a problem that the test provoked off the list; fails if it is not there."""
        fitting = [text for text in self.problems if re.search(pattern, text)]
        assert fitting, f"no problem like {pattern!r} in {self.problems}"
        self.forgive(pattern)

    def forgive(self, pattern: str) -> None:
        """Take problems that the test may have provoked off the list."""
        self.problems[:] = [text for text in self.problems if not re.search(pattern, text)]

    async def shot(self, name: str) -> None:
        """Keep a picture of the page."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled")

    # --- the server's API, with the browser's cookies ---

    async def call(self, method: str, path: str, body: object = None) -> APIResponse:
        """Make a request as the page would."""
        cookies = {one["name"]: one["value"] for one in await self.context.cookies(self.url)}
        return await self.context.request.fetch(
            f"{self.url}{path}",
            method=method,
            headers={"X-XSRFToken": cookies.get("_xsrf", "")},
            data=body,
        )

    async def get(self, path: str) -> Any:
        """Return the JSON of an answer that must be a good one."""
        response = await self.call("GET", path)
        assert response.ok, f"{path}: {response.status}"
        return await response.json()

    async def status(self, path: str) -> int:
        """Return the status of the answer to a GET."""
        return (await self.call("GET", path)).status

    async def project_id(self, name: str) -> str:
        """Return the id of a project of one's own."""
        projects = await self.get("/api/projects/")
        return next(str(one["id"]) for one in projects if one["name"] == name)

    async def ensure_project(self, name: str) -> None:
        """Make a project unless it is there."""
        response = await self.call("POST", "/api/projects/", {"name": name})
        assert response.status in {201, 409}, await response.text()

    async def new_terminal(self, folder: str) -> str:
        """Open a terminal without showing it; returns its name."""
        response = await self.call("POST", "/api/terminals", {"cwd": folder})
        return str((await response.json())["name"])

    async def tidy_up(self) -> None:
        """End this person's kernels and terminals, so that they do not pile up in a sandbox."""
        if await self.status("/api/me") == HTTPStatus.UNAUTHORIZED:
            return
        for session in await self.get("/api/sessions"):
            await self.call("DELETE", f"/api/sessions/{session['id']}")
        for terminal in await self.get("/api/terminals"):
            await self.call("DELETE", f"/api/terminals/{terminal['name']}")

    async def clear_page(self, folder: str) -> None:
        """Bring the page back to how it was: no tabs, no messages, the file browser in front."""
        await self.page.unroute_all()
        await self.kernels_are_ready()
        await self.page.evaluate(
            """() => {
              const {shell} = window.jupyterapp;
              [...shell.widgets('main')].forEach(widget => widget.dispose());
              shell.collapseRight();
            }"""
        )
        await self.tidy_up()
        await self.page.evaluate(
            """async () => {
              const {kernels, sessions, terminals} = window.jupyterapp.serviceManager;
              await Promise.all([kernels, sessions, terminals].map(one => one.refreshRunning()));
            }"""
        )
        await self.run("apputils:dismiss-notification")
        self.problems.clear()  # of kernels that were ended while the page still asked them things
        await self.run("filebrowser:activate")
        await self.run("filebrowser:go-to-path", path=folder)

    # --- signing in ---

    async def sign_up(self, shot: str = "") -> None:
        """Make the account through the page, which signs in too."""
        await self.page.goto(f"{self.url}/signup")
        await self.page.locator("#name").fill(self.account.name)
        await self._enter(shot)

    async def sign_in(self) -> None:
        """Sign in through the page."""
        await self.page.goto(f"{self.url}/login")
        await self._enter()

    async def _enter(self, shot: str = "") -> None:
        await self.page.locator("#email").fill(self.account.email)
        await self.page.locator("#password").fill(self.account.password)
        if shot:
            await self.shot(shot)
        await self.page.locator("form button[type=submit]").click()
        await self.page.wait_for_url("**/lab**")

    async def sign_out(self, shot: str = "") -> None:
        """Sign out through the menu."""
        await self.page.locator(".platform-UserMenu-button").click()
        await self.page.locator(".platform-UserMenu-panel").wait_for()
        if shot:
            await self.shot(shot)
        await self.page.get_by_role("button", name="Sign out").click()
        await self.page.wait_for_url("**/login**")

    # --- JupyterLab ---

    async def open_lab(self, address: str = "/lab?reset") -> None:
        """Load JupyterLab and wait until it can be used."""
        await self.page.goto(f"{self.url}{address}", wait_until="commit")
        await self.lab_is_ready()

    async def lab_is_ready(self) -> None:
        """Wait until the page that is being loaded can be used."""
        page = self.page
        await page.wait_for_function("window.jupyterapp !== undefined")
        await page.evaluate("() => window.jupyterapp.restored.then(() => true)")
        await page.wait_for_selector("#jupyterlab-splash", state="detached")
        await page.wait_for_selector(".platform-UserMenu-button")

    async def run(self, command: str, **args: Any) -> None:
        """Run one of JupyterLab's commands and wait for it."""
        async with asyncio.timeout(PATIENCE / 1000):
            await self.page.evaluate(
                "async ([id, args]) => { await window.jupyterapp.commands.execute(id, args); }",
                [command, args],
            )

    async def menu(self, *labels: str) -> None:
        """Choose from the menu bar."""
        await self.page.locator(".lm-MenuBar-item", has_text=labels[0]).click()
        for label in labels[1:]:
            entry = self.page.locator(".lm-Menu-item").filter(
                has=self.page.get_by_text(label, exact=True)
            )
            await entry.last.click()

    async def kernels_are_ready(self) -> None:
        """Wait until the open notebooks have their kernels, unless they shall not have any."""
        await self.page.wait_for_function(
            """() => [...window.jupyterapp.shell.widgets('main')].every(({sessionContext}) =>
                 !sessionContext || sessionContext.kernelDisplayName === 'No Kernel' ||
                 sessionContext.session?.kernel?.status === 'idle')"""
        )

    async def kernel_id(self) -> str:
        """Return the id of the kernel of the document in front."""
        script = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.id"
        return str(await self.page.evaluate(script))

    async def current_path(self) -> str:
        """Return the path of the document in front."""
        script = "() => window.jupyterapp.shell.currentWidget.context.path"
        return str(await self.page.evaluate(script))

    async def document_is_loaded(self) -> None:
        """Wait for the document in front: its editor is there before what is loaded fills it."""
        await self.page.wait_for_function(
            "() => window.jupyterapp.shell.currentWidget?.context?.isReady"
        )

    async def save(self) -> None:
        """Save the document in front under the name that it has."""
        await self.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.save()")

    async def tabs(self) -> list[str]:
        """Return the labels of the main area's tabs."""
        return await self.page.locator("#jp-main-dock-panel .lm-TabBar-tabLabel").all_inner_texts()

    def running(self, section: str) -> Locator:
        """Return what the panel of running things lists in one section."""
        region = self.page.get_by_role("region", name=f"{section} Section", exact=True)
        return region.get_by_role("treeitem")

    async def files(self) -> list[str]:
        """Return what the file browser lists."""
        items = self.page.locator(".jp-DirListing-item .jp-DirListing-itemName")
        return [text.strip() for text in await items.all_inner_texts()]

    async def wait_for_file(self, name: str) -> None:
        """Wait until the file browser lists it."""
        await self.run("filebrowser:refresh")
        await self.file(name).wait_for()

    def file(self, name: str) -> Locator:
        """Return its line in the file browser."""
        return self.page.locator(".jp-DirListing-item").filter(
            has=self.page.get_by_text(name, exact=True)
        )

    async def make_project(self, name: str) -> None:
        """Make a project with the button above the file browser, and be in it."""
        await self.run("filebrowser:go-to-path", path="/")
        await self.page.locator(".platform-ProjectsHead button").click()
        await self.answer(name)
        await self.page.locator(f'.jp-BreadCrumbs-item[title="{name}"]').wait_for()

    async def confirm(self, text: str) -> None:
        """Wait for a dialog that says so, and close it."""
        dialog = self.page.locator(".jp-Dialog", has_text=text)
        await dialog.locator("button").last.click()
        await dialog.wait_for(state="detached")

    async def answer(self, text: str) -> None:
        """Type the answer to a dialog and accept it."""
        await self.page.locator(".jp-Dialog input[type=text]").fill(text)
        await self.page.locator(".jp-Dialog .jp-mod-accept").click()

    # --- notebooks, consoles and terminals ---

    async def new_notebook(self) -> None:
        """Make a notebook where the file browser is. Does not wait for its kernel."""
        await self.page.locator('.jp-LauncherCard[data-category="Notebook"]').first.click()
        await self.document_is_loaded()
        await self.cell().wait_for()

    def cell(self, index: int = 0) -> Locator:
        """Return a code cell of the notebook in front."""
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell").nth(index)

    async def type_cell(self, code: str, index: int = 0) -> None:
        """Type code as a person would, into an empty cell."""
        editor = self.cell(index).locator(".cm-content")
        await editor.click()
        await editor.press_sequentially(code)

    async def run_cell(self, code: str, index: int = 0) -> Locator:
        """Put code into a cell, run it, and return the cell once it has run."""
        await self.enter_cell(code, index)
        await self.cell_has_run(index)
        return self.cell(index)

    async def enter_cell(self, code: str, index: int = 0) -> None:
        """Put code into a cell and run it, without waiting for its end."""
        await self.cell(index).locator(".cm-content").fill(code)
        await self.page.keyboard.press("Shift+Enter")

    async def complete(self, begun: str, whole: str, index: int = 0) -> None:
        """Type the beginning of a name into an empty cell, and let Tab complete it."""
        await self.type_cell(begun, index)
        choice = self.page.locator(".jp-Completer-item:visible", has_text=whole).first
        completed = self.cell(index).locator(".cm-content", has_text=whole)
        for _ in range(PATIENCE // SOON):
            await self.page.keyboard.press("Tab")  # which puts in at once what is the only one
            with suppress(Overdue):
                await choice.or_(completed).first.wait_for(timeout=SOON)
                # The list goes when a picture above it comes and moves the cell.
                if not await completed.count():
                    await choice.click(timeout=SOON)
                break
        await completed.wait_for()

    async def cell_has_run(self, index: int = 0) -> None:
        """Wait until the prompt shows a number."""
        prompt = self.cell(index).locator(".jp-InputPrompt")
        await prompt.filter(has_text=re.compile(r"\[\d+\]")).wait_for()

    async def output(self, index: int = 0) -> str:
        """Return the text that a cell has put out."""
        outputs = self.cell(index).locator(".jp-OutputArea-output")
        return "\n".join(await outputs.all_inner_texts()).strip()

    async def terminal_shows(self, pattern: str) -> str:
        """Wait until the terminal in front shows text that matches; returns all that it shows."""
        await self.page.wait_for_function(
            f"pattern => new RegExp(pattern, 'm').test(({_TERMINAL_TEXT})())", arg=pattern
        )
        return str(await self.page.evaluate(_TERMINAL_TEXT))

    async def type_in_terminal(self, line: str) -> None:
        """Type a line and Enter into the terminal in front, once there is a prompt."""
        await self.page.locator(".jp-Terminal:visible .xterm-screen").click()
        await self.terminal_shows(r"[$#] ?$")
        await self.page.keyboard.type(line)
        await self.page.keyboard.press("Enter")
