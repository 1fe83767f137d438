"""What pages draw, element by element, as it was when somebody last looked at it.

A change that is meant is written by `python -m tests.dashboard.test_golden_pages`, and read in the diff.
"""

import json
import re
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from tests.dashboard.page import opened
from tests.repository import ROOT

GOLDEN = ROOT / "tests/golden/pages.json"
TWO = "run=SGD~lr-0.02&run=Adam~lr-0.1&dtype=float64"
LINKS = {
    "loss": f"epochs=40&{TWO}",
    "loss, diverged, linear": "epochs=40&dtype=float64&run=SGD~lr-0.02&run=SGD~lr-0.2&scale=linear&y=gap",
    "loss, batches and validation": "problem=LogisticRegression&epochs=30&batch_size=32&validation_split=0.3"
    f"&batches=1&{TWO}",
    "accuracy": f"problem=LogisticRegression&epochs=30&validation_split=0.3&y=accuracy&x=gradients&{TWO}",
    "fit": f"epochs=30&tab=Fit&{TWO}",
    "fit, several features": f"problem=LinearRegression&epochs=30&validation_split=0.3&tab=Fit&{TWO}",
    "fit, boundary": f"problem=MLP&epochs=30&validation_split=0.3&tab=Fit&{TWO}",
    "fit, confusion": "problem=SoftmaxRegression&epochs=3&tab=Fit&run=Adam&dtype=float64",
    "path": f"problem=Booth&epochs=30&tab=Path&{TWO}",
    "path, plane": f"problem=LinearRegression&epochs=30&tab=Path&{TWO}",
    "parameters": f"problem=LinearRegression&epochs=30&tab=Parameters&{TWO}",
    "data": f"problem=LinearRegression&epochs=30&validation_split=0.3&tab=Data&{TWO}",
    "three ways": "epochs=30&tab=Three+ways&run=Adam&dtype=float64",
    "race": "epochs=30&dtype=float64&tab=Race&run=SGD&race=trials-6~seeds-3~epochs-30",
    "grid": "epochs=30&dtype=float64&tab=Grid+search&run=SGD&grid_search=count-6",
    "no runs": "run=none",
}
SIDEBARS = {LINKS[name] for name in ("loss", "loss, batches and validation", "fit, boundary", "path")}
LEFT_OUT = {"id", "data", "arrow_data", "datasets", "element_id", "deferred_file_id", "form_id"}
LEFT_OUT |= {"height_config", "width_config", "wrap", "element_type"}
LAYOUT = {
    "bidi_component",
    "arrow_data_frame",
    "flex_container",
    "empty",
    "horizontal",
    "vertical",
}
REGISTERED = {"Problem", "Optimizer"}
"""Lists that grow with each new one."""
ROUNDING = re.compile(r"\d+(\.\d+)?e[−-]1\d")
LONGEST = 2000


def elements(link: str) -> list[str]:
    """The elements of a page: of each its type and what it is given, without what is made anew each time."""
    app = opened(link)
    parts = [*app.main, *app.sidebar] if link in SIDEBARS else app.main
    return [
        ROUNDING.sub("rounding", f"{element.type} {json.dumps(plain(described(proto)), ensure_ascii=False)}")
        for element in parts
        if (proto := getattr(element, "proto", None)) is not None and element.type not in LAYOUT
    ]


def described(proto: Any) -> Any:
    return MessageToDict(proto, preserving_proto_field_name=True)


def plain(value: Any) -> Any:
    """The same without what is left out, and without what differs between processors."""
    if isinstance(value, dict):
        names = (
            value.keys() - LEFT_OUT - ({"options", "default"} if value.get("label") in REGISTERED else set())
        )
        return {name: plain(value[name]) for name in sorted(names)}
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, str) and value.startswith("{"):
        return plain(json.loads(value))
    if isinstance(value, float):
        return 0.0 if abs(value) < 1e-12 else float(f"{value:.4g}")
    if isinstance(value, str) and value.startswith(("/media/", "data:")):
        return "a link"
    return value if not isinstance(value, str) or len(value) < LONGEST else "a long text"


@pytest.mark.parametrize("name", LINKS)
def test_a_page_draws_what_it_did(name: str) -> None:
    expected = json.loads(GOLDEN.read_text(encoding="utf-8"))[name]
    assert elements(LINKS[name]) == expected


if __name__ == "__main__":
    drawn = {name: elements(link) for name, link in LINKS.items()}
    GOLDEN.write_text(json.dumps(drawn, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
