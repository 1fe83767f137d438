"""What no browser sends: messages written by hand. The session goes on, and nobody sees a traceback."""

from __future__ import annotations

import itertools
import json
import random
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime.state.session_state import STREAMLIT_INTERNAL_KEY_PREFIX
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.matrix import slow_but

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from websockets.sync.client import ClientConnection

    from tests.browser.conftest import Server

pytestmark = pytest.mark.browser

POINTS: list[Any] = [
    *(
        None,
        {},
        [],
        [None],
        [[]],
        [3],
        "x",
        [{}],
        [{"row": None}],
        [{"row": -1}],
        [{"row": 10**400}],
        [{"row": 1e308}],
    ),
    *([{"row": "1"}], [{"row": True}], [{"row": 2.5}], [{"row": 0}] * 5000, [{"row": 10**6}]),
    *([{"entry": 0}], [{"entry": 9, "trial": 0}], [{"entry": 0, "trial": 99}], [{"entry": -1, "trial": -1}]),
    *([{"x": None, "y": 1}], [{"x": "a", "y": []}], [{"x": 1e300, "y": -1e300}], [{"x": 0.5}]),
]
SHAPES = [{}, {"selection": {}}, {"selection": {"cell": 3}}]
"""Of what Streamlit itself takes: it ends the script at anything but an object in `selection`."""
PATH = ("path.chart.True", "start")
LINKS = {
    ("race.chart", "trial"): "epochs=20&run=SGD&tab=Race&race=Racing~trials-4~starts-2~epochs-20",
    ("grid_search.chart", "cell"): "epochs=20&run=SGD&tab=Grid&grid=Grid~run-1~x-lr~y-momentum~count-4",
    PATH: "epochs=20&run=SGD&tab=Path&problem=Booth",
}


class Visitor:
    """Somebody who speaks the protocol of Streamlit."""

    def __init__(self, socket: ClientConnection, query: str) -> None:
        self.socket, self.query = socket, query
        self.ids: dict[str, str] = {}
        self.page = self.address = ""

    def send(self, *states: WidgetState) -> list[str]:
        """Ask for a script with these widgets' states: what exceptions it shows, once it has ended."""
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_script_hash = self.page
        message.rerun_script.widget_states.widgets.extend(states)
        self.socket.send(message.SerializeToString())
        return list(self.exceptions())

    def exceptions(self) -> Iterator[str]:
        while True:
            data = self.socket.recv(timeout=60)
            assert isinstance(data, bytes)
            message = ForwardMsg.FromString(data)
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self.page = message.new_session.page_script_hash
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                element = message.delta.new_element
                shown = getattr(element, str(element.WhichOneof("type")))
                if element.WhichOneof("type") == "exception":
                    yield f"{shown.type}: {shown.message}"
                if getattr(shown, "id", ""):
                    self.ids[shown.id.split("-", 2)[-1]] = shown.id
            elif kind == "page_info_changed":
                self.address = message.page_info_changed.query_string
            elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                assert message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
                return

    def alive(self) -> bool:
        """Whether an honest message is still answered."""
        return self.send(WidgetState(id=self.ids["task.epochs"], double_value=21)) == []


@pytest.fixture
def visit(server: Server) -> Iterator[Callable[[str], Visitor]]:
    """Opens the page of a link."""
    address = f"{server.url.replace('http', 'ws')}/_stcore/stream"
    with ExitStack() as sockets:

        def visit(query: str) -> Visitor:
            protocols = [Subprotocol("streamlit")]
            socket = sockets.enter_context(connect(address, subprotocols=protocols, max_size=None))
            visitor = Visitor(socket, query)
            assert visitor.send() == []
            return visitor

        yield visit


@pytest.mark.slow
@pytest.mark.parametrize(("chart", "name"), slow_but([PATH], LINKS))
def test_selections_may_be_anything(visit: Callable[[str], Visitor], chart: str, name: str) -> None:
    visitor = visit(LINKS[chart, name])
    for selection in [*SHAPES, *({"selection": {name: points}} for points in POINTS)]:
        state = WidgetState(id=visitor.ids[chart], string_value=json.dumps(selection))
        assert visitor.send(state) == [], selection
    assert visitor.alive()


EVENTS = [("rate.slider", "released"), ("behavior", "cleared")]


@pytest.mark.parametrize(("key", "event"), slow_but(EVENTS[1:], EVENTS))
def test_components_may_send_anything(visit: Callable[[str], Visitor], key: str, event: str) -> None:
    visitor = visit("epochs=20&run=SGD&run=Adam&tab=Learning+rate")
    id = f"{STREAMLIT_INTERNAL_KEY_PREFIX}_{visitor.ids[key]}__events"
    values = (None, True, [], {}, [1], "x" * 5000, "<b>[x](y)</b>", 1e308, -1, 0, 0.5, 10**400, {"value": 1})
    texts = [json.dumps([{"event": event, "value": value}]) for value in values]
    texts += [json.dumps([{"event": "other", "value": 1}]), json.dumps([{"event": event}])]
    for text in texts:
        assert visitor.send(WidgetState(id=id, json_trigger_value=text)) == [], text[:80]
    assert ("~value-0.5&" in visitor.address) == (event == "released")
    assert visitor.alive()


def test_a_text_may_be_of_any_type(visit: Callable[[str], Visitor]) -> None:
    visitor = visit("epochs=20&run=SGD&tab=Data")
    id = visitor.ids["csv.text"]
    for state in (
        WidgetState(id=id, double_value=3),
        WidgetState(id=id, bool_value=True),
        WidgetState(id=id, int_value=3),
        WidgetState(id=id, bytes_value=b"a,b"),
        WidgetState(id=id, string_value="\0\ud7ff" * 1000),
        WidgetState(id=id, string_value="a,b\n1,2\n2,3\n3,5\n"),
    ):
        assert visitor.send(state) == []
    assert visitor.alive()


@pytest.mark.slow
def test_states_of_all_kinds_at_once(visit: Callable[[str], Visitor]) -> None:
    """Values of the right type, but out of all bounds, of every control on the page."""
    rng = random.Random(0)
    visitor = visit("epochs=20&run=SGD&run=Adam&tab=Race&race=Racing~trials-4~starts-2~epochs-20")
    numbers = itertools.cycle([1e308, -1e308, -1.0, 0.0, 0.1, 1e-300, 7.0])
    fields = [
        key for key in visitor.ids if key.rpartition(".")[2] in ("lr", "momentum", "target", "noise", "seed")
    ]
    for _ in range(30):
        keys = rng.sample(fields, min(3, len(fields)))
        states = [WidgetState(id=visitor.ids[key], double_value=next(numbers)) for key in keys]
        assert visitor.send(*states) == []
    assert visitor.alive()
