"""A server, a Chromium, and pages that take note of what goes wrong on them."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"
HOW = "The browser tests need Chromium: install it, e.g. `apt-get install chromium`, and run `make test`."
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--process-per-site",  # pages share the scripts of the app: half the time of a visit is their reading
]
QUIET = """
    window.still = { frames: 0, since: performance.now() };
    const frame = () => { window.still.frames += 1; requestAnimationFrame(frame); };
    requestAnimationFrame(frame);
    const watch = { subtree: true, childList: true, attributes: true, characterData: true };
    const changed = () => { window.still = { frames: 0, since: performance.now() }; };
    new MutationObserver(changed).observe(document, watch);
"""
"""Lets a page know for how long it has stood still: by the clock, and in frames, as a busy one draws none."""
HOLD = """
import sys
import time
from pathlib import Path

GO = Path(__file__).with_name("go")

def hold(event, args):
    while event == "import" and args[0] == "torch" and not GO.exists():
        time.sleep(0.01)

sys.addaudithook(hold)
"""
"""Python runs this before anything else where it is `sitecustomize.py`: torch is not imported before "go"."""


@dataclass(frozen=True)
class Server:
    url: str
    log: Path
    pid: int

    def go(self) -> None:
        """Let a held server import torch."""
        self.log.with_name("go").touch()


@dataclass
class Record:
    """What happened on a page."""

    page: Any
    log: Path
    foreign: list[str] = field(default_factory=list)
    page_errors: list[str] = field(default_factory=list)
    console_errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.page.on("request", lambda request: self.requested(request.url))
        self.page.on("websocket", lambda socket: self.requested(socket.url))
        self.page.on("pageerror", lambda error: self.page_errors.append(str(error)))
        self.page.on("console", self.printed)

    def requested(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.hostname != HOST:
            self.foreign.append(url)

    def printed(self, message: Any) -> None:
        if message.type == "error":
            self.console_errors.append(message.text)
        elif message.type == "warning":
            self.warnings.append(message.text)

    def check(self) -> None:
        console = f"the console says {self.console_errors}"
        exceptions = self.page.get_by_test_id("stException").count()
        assert not self.foreign
        assert not self.page_errors, console
        assert not self.warnings
        assert not exceptions, f"{console}, the server {self.log.read_text()[-4000:]}"


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for all tests."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing()
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        yield browser
        browser.close()


def chromium(playwright: Any) -> Any:
    """The Chromium of this machine, started."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        missing()
    return playwright.chromium.launch(executable_path=path, args=ARGUMENTS)


def missing() -> None:
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(HOW, pytrace=False)
    pytest.skip(HOW)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app, served to all tests. What they train stays in its cache."""
    with serve(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def held_server(browser: Any, tmp_path: Path) -> Iterator[Server]:
    """The app in a process that nobody has visited yet: it imports torch when it is told to go."""
    (tmp_path / "sitecustomize.py").write_text(HOLD, encoding="utf-8")
    with serve(tmp_path, PYTHONPATH=str(tmp_path)) as server:
        yield server


@contextmanager
def serve(folder: Path, **environment: str) -> Iterator[Server]:
    """Run the app until the end of the block."""
    port, log = free_port(), folder / "server.log"
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", str(port)]
    command += ["--server.address", HOST, "--server.headless", "true", "--server.fileWatcherType", "none"]
    options: dict[str, Any] = {"cwd": ROOT, "stderr": subprocess.STDOUT, "env": os.environ | environment}
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, **options) as process:
        try:
            wait_for_health(process, port, log)
            yield Server(f"http://{HOST}:{port}", log, process.pid)
        finally:
            end(process)


def free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        return int(free.getsockname()[1])


def wait_for_health(process: subprocess.Popen[bytes], port: int, log: Path, seconds: float = 60) -> None:
    end_of_patience = time.monotonic() + seconds
    while not healthy(port):
        alive = process.poll() is None and time.monotonic() < end_of_patience
        assert alive, f"the server did not start: {log.read_text()}"
        time.sleep(0.05)


def healthy(port: int) -> bool:
    connection = HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()


@pytest.fixture(scope="session")
def context(browser: Any, server: Server) -> Any:
    """What most pages share, so that the scripts of the app are loaded once: an empty page keeps them."""
    context = new_context(browser, server)
    context.new_page().goto("/_stcore/health")
    return context


def new_context(browser: Any, server: Server, **options: Any) -> Any:
    """A context that prefers no motion, so that pages come to rest, unless the options say otherwise."""
    look = {"viewport": {"width": 1300, "height": 1000}, "reduced_motion": "reduce"}
    context = browser.new_context(base_url=server.url, **look | options)
    context.set_default_timeout(120_000)
    context.add_init_script(QUIET)
    return context


@pytest.fixture
def open_page(browser: Any, server: Server, context: Any) -> Iterator[Callable[..., Any]]:
    """Opens an empty page; afterwards none may have failed or asked another host."""
    records: list[Record] = []

    def open_page(
        apart: bool = False,
        server: Server = server,
        width: int = 1300,
        height: int = 1000,
        color_scheme: str = "light",
        **options: Any,
    ) -> Any:
        """A page apart, or with options, has a context of its own."""
        home = new_context(browser, server, **options) if apart or options else context
        page = home.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=color_scheme)
        record = Record(page, server.log)
        record.listen()
        records.append(record)
        return page

    yield open_page
    try:
        for record in records:
            record.check()
    finally:
        for record in records:
            record.page.close()
            if record.page.context is not context:
                record.page.context.close()


@pytest.fixture
def page(open_page: Callable[..., Any]) -> Any:
    """An empty page, 1300 pixels wide."""
    return open_page()
