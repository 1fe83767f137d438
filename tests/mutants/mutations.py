"""The faults that could be put into a source: in operators, numbers, conditions, arguments, statements."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

SWAPS = (
    "Lt LtE, LtE Lt, Gt GtE, GtE Gt, Eq NotEq, NotEq Eq, Is IsNot, IsNot Is, In NotIn, NotIn In, And Or, "
    "Or And, Add Sub, Sub Add, Mult Div, Div Mult, FloorDiv Div, Mod FloorDiv, Pow Mult"
)
OPERATORS = {getattr(ast, a): getattr(ast, b) for a, b in (swap.split() for swap in SWAPS.split(", "))}
LOOKS = {"width", "height", "icon", "help", "label_visibility", "vertical_alignment", "strict"}
"""What is asked by these names is seen in a browser alone, or, as `zip(strict=True)`, never."""


@dataclass(frozen=True)
class Mutant:
    """A piece of a file, and what is put in its place."""

    file: str
    line: int
    function: int
    """The first line of the function around it, or 1."""
    begin: int
    end: int
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.old}  ->  {self.new}"

    def put_into(self, source: bytes) -> bytes:
        return source[: self.begin] + self.new.encode() + source[self.end :]


def mutants(file: str, source: str) -> Iterator[Mutant]:
    """All faults of a file, in the order of its lines."""
    lines = source.encode().splitlines(keepends=True)
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line))
    tree = ast.parse(source)
    conditions = {id(node.test) for node in ast.walk(tree) if isinstance(node, ast.If | ast.While)}
    for node, function in places(tree, 1):
        begin = offsets[node.lineno - 1] + node.col_offset
        end = offsets[node.end_lineno - 1] + node.end_col_offset
        old = ast.unparse(node)
        opposite = [f"(not ({ast.unparse(node)}))"] if id(node) in conditions else []
        for new in (*opposite, *changed(node)):
            yield Mutant(file, node.lineno, function, begin, end, old, new)


def places(node: ast.AST, function: int) -> Iterator[tuple[Any, int]]:
    """What may be changed below a node, with the first line of the function around it."""
    if isinstance(node, ast.FunctionDef):
        function = min(part.lineno for part in (node, *node.decorator_list))
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases", "format_spec"):
            continue
        for part in value if isinstance(value, list) else [value]:
            if not isinstance(part, ast.AST) or isinstance(part, ast.JoinedStr) or is_apart(part):
                continue
            if hasattr(part, "lineno"):
                yield part, function
            yield from places(part, function)


def is_apart(node: ast.AST) -> bool:
    """Whether this is nothing that is computed: a docstring, an import's name, a look, a check of our own."""
    if isinstance(node, ast.Name):
        return node.id == "TYPE_CHECKING"
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.Assign) and any(
        isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets
    ):
        return True
    return isinstance(node, ast.alias) or (isinstance(node, ast.keyword) and node.arg in LOOKS)


def changed(node: Any) -> Iterator[str]:
    """A node with one fault, as text."""
    match node:
        case ast.Compare():
            for place, op in enumerate(node.ops):
                yield from other(node, op, lambda new, other, place=place: new.ops.__setitem__(place, other))
        case ast.BinOp() | ast.BoolOp() | ast.AugAssign():
            yield from other(node, node.op, lambda new, other: setattr(new, "op", other))
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield f"({ast.unparse(node.operand)})"
        case ast.Constant(value=bool()):
            yield str(not node.value)
        case ast.Constant(value=int()):
            yield str(node.value + 1)
        case ast.Constant(value=float()):
            yield repr(2 * node.value or 1.0)
        case ast.IfExp():
            new = copy.deepcopy(node)
            new.test = ast.UnaryOp(ast.Not(), new.test)
            yield f"({ast.unparse(new)})"
        case ast.Tuple(ctx=ast.Load()) if len(node.elts) > 1 and not any(map(is_slice, node.elts)):
            yield from (ast.unparse(less(node, "elts", k)) for k in range(len(node.elts)))
        case ast.Call():
            for k, keyword in enumerate(node.keywords):
                if keyword.arg and keyword.arg not in LOOKS:
                    yield ast.unparse(less(node, "keywords", k))
        case ast.Expr(value=ast.Call()):
            yield "pass"


def other(node: Any, op: ast.AST, put: Any) -> Iterator[str]:
    """The node with another operator in place of this one."""
    kind = OPERATORS.get(type(op))
    if kind is not None:
        new = copy.deepcopy(node)
        put(new, kind())
        text = ast.unparse(new)
        yield text if isinstance(node, ast.stmt) else f"({text})"


def is_slice(node: ast.AST) -> bool:
    return isinstance(node, ast.Slice)


def less(node: Any, name: str, place: int) -> Any:
    """The node without one of its parts."""
    new = copy.deepcopy(node)
    del getattr(new, name)[place]
    return new
