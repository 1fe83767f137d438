"""Lines of programs, at most 60 characters wide where they can be broken."""

import ast
from collections.abc import Iterable, Sequence

WIDTH = 60


def call(head: str, arguments: Sequence[str], width: int = WIDTH) -> list[str]:
    """Return a call in one line, or with its arguments in lines of their own; some may have several."""
    line = f"{head}{', '.join(arguments)})"
    if "\n" in line:
        return [head, *indented(",\n".join([*arguments, ""]).splitlines()), ")"]
    return [line] if len(line) <= width else [head, *indented(filled(arguments, width - 4)), ")"]


def filled(items: Sequence[str], width: int = WIDTH) -> list[str]:
    """Return items separated by commas, as many in a line as fit; each line ends with a comma."""
    lines = [""]
    for item in items:
        longer = f"{lines[-1]} {item}," if lines[-1] else f"{item},"
        if len(longer) > width and lines[-1]:
            lines.append(f"{item},")
        else:
            lines[-1] = longer
    return lines


def indented(lines: Iterable[str], spaces: int = 4) -> list[str]:
    """Return lines further right; empty ones stay empty."""
    return [" " * spaces + line if line else "" for line in lines]


def fitted(lines: Iterable[str]) -> list[str]:
    """Return lines, those that are too long broken where they can be."""
    found: list[str] = []
    for line in lines:
        statement = line.lstrip()
        indent = len(line) - len(statement)
        long = len(line) > WIDTH and not statement.endswith((":", "(", "[", ","))
        found += indented(wrapped(statement, WIDTH - indent), indent) if long else [line]
    return found


def tensor(name: str, values: Sequence[str], more: str = "") -> list[str]:
    """Return the assignment of a tensor of numbers; `more` are further arguments."""
    inner = f"[{', '.join(values)}]"
    line = f"{name} = torch.tensor({inner}{more})"
    if len(line) <= WIDTH:
        return [line]
    start = f"{name} = torch.tensor(["
    rows = filled(values, WIDTH - 4)
    return [start, *indented(rows), f"]{more})"]


def wrapped(statement: str, width: int) -> list[str]:
    """Return a simple statement, broken between the parts of its value if it is too long."""
    if len(statement) <= width:
        return [statement]
    node = ast.parse(statement if not statement.startswith("return ") else statement[7:]).body[0]
    if not isinstance(node, ast.Assign | ast.Expr):
        return [statement]
    head, text = "return ", statement[7:] if isinstance(node, ast.Expr) else statement
    if isinstance(node, ast.Assign):
        head = f"{ast.get_source_segment(text, node.targets[0])} = "
    opening, parts, closing = _parts(text, node.value)
    if isinstance(node.value, ast.Call) and len(parts) == 1 and not opening.endswith("(["):
        return [statement]
    if isinstance(node.value, ast.BinOp):
        parts = _together(parts, width - 4)
    return [f"{head}{opening}", *indented(parts), closing]


def _together(parts: Sequence[str], width: int) -> list[str]:
    """Return terms with as many in a line as fit."""
    lines = [parts[0]]
    for part in parts[1:]:
        longer = f"{lines[-1]} {part}"
        lines = [*lines[:-1], longer] if len(longer) <= width else [*lines, part]
    return lines


def _parts(text: str, value: ast.expr) -> tuple[str, list[str], str]:
    """Return how a value begins, the lines of its parts, and how it ends."""
    if isinstance(value, ast.Call) and len(value.args) == 1 and isinstance(value.args[0], ast.List):
        function = ast.get_source_segment(text, value.func)
        return f"{function}([", [f"{_source(text, part)}," for part in value.args[0].elts], "])"
    if isinstance(value, ast.Tuple):
        return "(", [f"{_source(text, part)}," for part in value.elts], ")"
    return "(", _terms(text, value), ")"


def _terms(text: str, value: ast.expr) -> list[str]:
    """Return the terms of a sum, or the factors of a product, each with its operator."""
    if not isinstance(value, ast.BinOp) or isinstance(value.op, ast.Pow):
        return [_source(text, value)]
    same = (ast.Add, ast.Sub) if isinstance(value.op, ast.Add | ast.Sub) else (type(value.op),)
    left = value.left
    first = _terms(text, left) if isinstance(left, ast.BinOp) and isinstance(left.op, same) else None
    sign = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}[type(value.op)]
    return [*(first or [_source(text, left)]), f"{sign} {_source(text, value.right)}"]


def _source(text: str, node: ast.expr) -> str:
    """Return the source of a part, in its parentheses if it has some."""
    found = ast.get_source_segment(text, node) or ""
    end = node.col_offset + len(found)
    bare = isinstance(node, ast.BinOp | ast.UnaryOp)
    return f"({found})" if bare and text[node.col_offset - 1] == "(" and text[end : end + 1] == ")" else found
