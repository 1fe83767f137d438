"""What visitors leave in the server's memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.browser.conftest import Server, serve
from tests.browser.test_messages import Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.browser

RUNS = "run=SGD~lr-0.5&run=SGD~lr-0.4"
WIDE = f"problem=MLP~samples-4~depth-2~width-64~width2-64&epochs=2700&{RUNS}"
DIGITS = f"problem=SoftmaxRegression~source-digits&epochs=18000&{RUNS}"
SMALL = "epochs=50&run=SGD~lr-0.01"


@pytest.fixture
def cold_server(tmp_path: Path) -> Iterator[Server]:
    """A process of its own, which nobody has visited yet."""
    with serve(tmp_path) as server:
        yield server


def visited(server: Server, query: str, reruns: int = 0) -> None:
    """Somebody opens a page, asks for it again so often, and closes it."""
    address = f"{server.url.replace('http', 'ws')}/_stcore/stream"
    with connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None) as socket:
        visitor = Visitor(socket, query)
        for _ in range(reruns + 1):
            assert visitor.send() == []


def megabytes(server: Server) -> float:
    """What the server holds."""
    status = Path(f"/proc/{server.pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@pytest.mark.slow
@pytest.mark.parametrize("link", [WIDE, DIGITS])
def test_ten_visitors_with_long_runs_leave_little(cold_server: Server, link: str) -> None:
    """Each has two runs of 12 million numbers, which the sessions do not hold."""
    visited(cold_server, SMALL)
    before = megabytes(cold_server)
    for _ in range(10):
        visited(cold_server, link)
    assert megabytes(cold_server) - before < 200


@pytest.mark.slow
def test_two_thousand_reruns_leave_nothing(cold_server: Server) -> None:
    visited(cold_server, SMALL, 200)
    before = megabytes(cold_server)
    visited(cold_server, SMALL, 2000)
    assert megabytes(cold_server) < 1.05 * before
