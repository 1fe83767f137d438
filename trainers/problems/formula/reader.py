"""From the text of a formula to its expression. A text is never executed: its syntax tree is walked."""

import ast
import re
import unicodedata
from functools import lru_cache, reduce

from trainers.problems.formula.expression import (
    CONSTANTS,
    NEGATIVE,
    OF_ONE,
    OF_SEVERAL,
    VARIABLES,
    Expression,
    Number,
    Operation,
    Variable,
)
from trainers.words import join_words, quoted

MAX_CHARACTERS, MAX_PARTS = 300, 100
"""Limits of a formula; that of its parts bounds how deep they are nested, too."""
LARGEST = 3e38
"""Largest size of a constant."""
SPELLINGS = {"^": "**", "−": "-", "·": "*", "×": "*"}
"""What may be typed in place of an operator."""
FUNCTIONS = (*OF_ONE, *OF_SEVERAL)
SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
    ast.USub: NEGATIVE,
}
FOREIGN: dict[type[ast.AST], str] = {
    ast.Attribute: "an attribute",
    ast.Compare: "a comparison",
    ast.FloorDiv: "a division with two slashes",
    ast.IfExp: "a condition",
    ast.Starred: "a product without its first factor",
    ast.Tuple: "a comma outside of min and max",
}
"""What Python reads and a formula can't have, in words."""
CHARACTER = re.compile(r"[A-Za-z0-9_.,+\-*/() ]")
NUMBER = re.compile(r"(?<![A-Za-z0-9_.])(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


class FormulaError(Exception):
    """What is wrong with a formula, `what` before the place and `more` behind it; 0 is the first place."""

    def __init__(self, what: str, place: int | None = None, more: str = "") -> None:
        super().__init__(what, place, more)
        self.what, self.place, self.more = what, place, more

    def sentence(self, text: str) -> str:
        """Return the end of a sentence, with the place in the text as it was typed."""
        if self.place is None:
            return self.what
        number = next((k for k in range(len(text)) if len(spelled(text[: k + 1])) > self.place), len(text))
        return f"{self.what} at character {number + 1}{self.more}"


def spelled(text: str) -> str:
    """Return a text with the operators of Python."""
    return "".join(SPELLINGS.get(character, character) for character in text)


@lru_cache(maxsize=1024)
def read(text: str) -> Expression:
    """Return the expression of a formula.

    What is not on the lists of `expression` raises a `ValueError` whose message says what and where.
    """
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"must have at most {MAX_CHARACTERS} characters, got {len(text)}")
    try:
        return _read(spelled(text))
    except FormulaError as error:
        raise ValueError(error.sentence(text)) from None


def _read(text: str) -> Expression:
    _check_characters(text)
    _check_parentheses(text)
    _check_numbers(text)
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        place = min(error.offset or len(text), len(text)) - 1
        raise FormulaError("can't be read", place, ": something is missing there, or too much") from None
    except (RecursionError, MemoryError):
        raise FormulaError("must be nested less deeply") from None
    parts = sum(isinstance(node, ast.expr) for node in ast.walk(tree))
    if parts > MAX_PARTS:
        raise FormulaError(f"must have at most {MAX_PARTS} numbers, variables and operations, got {parts}")
    expression = _expression(tree)
    if not any(isinstance(node, ast.Name) and node.id in VARIABLES for node in ast.walk(tree)):
        raise FormulaError("must have x or y")
    return expression


# --- The text -------------------------------------------------------------------------------------


def _check_characters(text: str) -> None:
    if not text.strip():
        raise FormulaError("must be a formula of x and y, got nothing")
    for place, character in enumerate(text):
        if not CHARACTER.fullmatch(character):
            name = unicodedata.name(character, "control character").lower()
            raise FormulaError(f"can't have the {name}", place)


def _check_parentheses(text: str) -> None:
    opened: list[int] = []
    for place, character in enumerate(text):
        if character == "(":
            opened.append(place)
        elif character == ")" and not opened:
            raise FormulaError("closes a parenthesis", place, " that was not opened")
        elif character == ")":
            opened.pop()
    if opened:
        raise FormulaError("does not close the parenthesis", opened[-1])


def _check_numbers(text: str) -> None:
    """Find a number with something right behind it, as in 2x or 0x1: Python may take it for another one."""
    for found in NUMBER.finditer(text):
        if re.match(r"[A-Za-z0-9_.]", text[found.end() :]):
            raise FormulaError("needs an operator behind the number", found.start())


# --- The tree -------------------------------------------------------------------------------------


def _expression(node: ast.expr) -> Expression:
    """Return the expression of a node; its constants are numbers in float32, too."""
    made = _made(node)
    if made.constant is not None and not abs(made.constant) <= LARGEST:
        raise FormulaError("can't have a constant that is NaN or beyond 3e38", node.col_offset)
    return made


def _made(node: ast.expr) -> Expression:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return Number(float(node.value))  # type: ignore[arg-type]
    if isinstance(node, ast.Name):
        return _named(node.id, node.col_offset)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.UAdd):
        return _expression(node.operand)
    if isinstance(node, ast.UnaryOp) and type(node.op) in SIGNS:
        return Operation(SIGNS[type(node.op)], (_expression(node.operand),))
    if isinstance(node, ast.BinOp) and type(node.op) in SIGNS:
        return Operation(SIGNS[type(node.op)], (_expression(node.left), _expression(node.right)))
    if isinstance(node, ast.Call):
        return _called(node)
    kinds = (type(node), type(getattr(node, "op", None)))
    what = next((FOREIGN[kind] for kind in kinds if kind in FOREIGN), "what is no part of a formula")
    raise FormulaError(f"can't have {what}", node.col_offset)


def _named(name: str, place: int) -> Expression:
    if name in VARIABLES:
        return Variable(name)
    if name in CONSTANTS:
        return Number(CONSTANTS[name], name)
    if name in FUNCTIONS:
        raise FormulaError(f"needs parentheses behind {name}", place)
    known = join_words([*VARIABLES, *CONSTANTS, *FUNCTIONS])
    raise FormulaError(f"has the unknown name {quoted(name)}", place, f": known are {known}")


def _called(node: ast.Call) -> Expression:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name not in FUNCTIONS:
        _expression(node.func)  # it may have a mistake of its own
        raise FormulaError("needs an operator before the parenthesis", node.func.end_col_offset)
    if node.keywords:
        raise FormulaError("can't be read", node.keywords[0].col_offset)
    parts = [_expression(argument) for argument in node.args]
    if name in OF_ONE and len(parts) == 1:
        return Operation(name, tuple(parts))
    if name in OF_SEVERAL and len(parts) > 1:
        return reduce(lambda left, right: Operation(name, (left, right)), parts)
    wanted = "1 argument" if name in OF_ONE else "2 or more arguments"
    raise FormulaError(f"must have {wanted} for {name}", node.col_offset, f", got {len(parts)}")
