"""The field's terms: phrases that are never right, with the term to use, are nowhere in what people read."""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from tests.repository import ROOT
from trainers import links

TERMS = {
    r"rows? an update|rows per update": "batch size",
    r"(share|rows?) held out|held-out (rows?|share)": "validation split, validation set",
    r"(rows|points|features|inputs) (are |that are )?made": "samples, features",
    r"share of (the )?rows|into the right class|whose class is found": "accuracy",
    r"taken for|mix-ups?": "predicted class, confusion matrix",
    r"borders? between": "decision boundary",
    r"over-?fits? since|over-fit\w*|learn\w* by heart": "overfitting from epoch n, memorize",
    r"passes? over the rows": "epoch",
    r"bends the values": "activation function",
    r"pull of|pulls? (\w+ )?towards": "weight decay",
    r"memory for|recent size": "decay rate, moment estimate",
    r"against division by": "numerical stability",
    r"pits?|dents?": "local minima",
    r"smallest (possible )?loss": "minimum loss",
    r"(?<!the )edges? of stability": "stability limit",
    r"fresh starts?|starts it has not seen": "new seeds",
    r"who beats? whom|beat(s|en)? (each|the) others?|standings|duels?": "ranking, win rate",
    r"knobs?": "setting, hyperparameter",
    r"stor(y|ies)": "example",
    r"isolines?|reliefs?": "contour lines, loss surface",
    r"swing(s|ing)?|to and fro": "oscillate",
    r"principal movement|most of the movement|of the movement": "PCA, variation",
    r"(is|was|are|were) told": "shown, reported",
    r"(standard|minim|maxim|optim|normal|initial)is(e|es|ed|ing|ation)|(un)?colour\w*|behaviour": "z, color",
    r"\d %": "85.0%",
}
"""What is not said, as a pattern, and what is."""
OLD = {*links.OLD_NAMES, *links.OLD_VALUES}
"""Words of older links, which are still read."""
QUOTED = re.compile(r'"[^"\n]*optimis[^"\n]*"')
"""Titles of sources keep their spelling."""


@cache
def texts() -> list[tuple[str, str]]:
    """All texts that people read, and where: strings of the page and the library, and the documents."""
    return list(_texts())


def _texts() -> Iterator[tuple[str, str]]:
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        for number, line in enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), start=1):
            yield f"{name}:{number}", QUOTED.sub("", line)
    for file in [ROOT / "streamlit_app.py", *ROOT.glob("trainers/**/*.py"), *ROOT.glob("dashboard/**/*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value not in OLD:
                yield f"{file.relative_to(ROOT)}:{node.lineno}", QUOTED.sub("", node.value)


@pytest.mark.parametrize("pattern", TERMS)
def test_the_field_has_a_term_for_it(pattern: str) -> None:
    phrase = re.compile(rf"(?<![\w-])({pattern})(?![\w-])", re.IGNORECASE)
    found = [
        f"{place}: {match[0]!r} in {text[:100]!r}"
        for place, text in texts()
        if (match := phrase.search(text))
    ]
    assert not found, f"say {TERMS[pattern]}:\n" + "\n".join(found)


@pytest.mark.parametrize(
    "text",
    ["Rows an update", "two fresh starts", "It was told.", "over-fitting", "85.0 %", "a knob", "Stories"],
)
def test_each_is_found(text: str) -> None:
    assert any(re.search(rf"(?<![\w-])({pattern})(?![\w-])", text, re.IGNORECASE) for pattern in TERMS)
