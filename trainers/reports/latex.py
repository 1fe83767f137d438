"""Lines of a program as LaTeX formulas."""

import ast
import re
from collections.abc import Mapping

SYMBOLS = {
    "params": r"\theta",
    "grad": "g",
    "velocity": r"\text{velocity}",
    "m": "m",
    "v": "v",
    "s": "s",
    "t": "t",
    "u": "u",
    "a": "a",
    "r": "r",
    "m_hat": r"\hat m",
    "v_hat": r"\hat v",
    "v_max": r"v_{\max}",
    "std": r"\sigma",
    "direction": "d",
    "dampening": r"\tau",
    "mu": r"\mu",
    "mu_next": r"\mu_{t+1}",
    "mu_product": r"\textstyle\prod\mu",
    "product": r"\textstyle\prod\mu",
    "rho": r"\rho",
    "rho_inf": r"\rho_\infty",
    "d": r"\Delta",
    "now": r"\eta_t",
    "eta": r"\eta_{t+1}",
    "lr": r"\eta",
    "c": "c",
    "z": "z",
    "average": r"\bar z",
}
"""Symbols of the variables in updates; others are written out."""


def symbol(name: str) -> str:
    """Return the symbol of a variable."""
    return SYMBOLS.get(name, rf"\mathrm{{{name}}}".replace("_", r"\_"))


def formula(expression: str, values: Mapping[str, str] | None = None) -> str:
    """Return a Python expression as LaTeX; with `values`, these stand in place of variables."""
    return _latex(ast.parse(expression, mode="eval").body, values or {}, 0)


def number(text: str) -> str:
    """Return a number as LaTeX: 1e-08 is 10^-8."""
    mantissa, _, exponent = text.replace("−", "-").partition("e")
    if not exponent:
        return mantissa
    power = f"10^{{{int(exponent)}}}"
    return power if mantissa == "1" else rf"{mantissa} \cdot {power}"


def _latex(node: ast.expr, values: Mapping[str, str], binding: int) -> str:
    """Return a part; it has parentheses if an operator around it binds more strongly, with `binding`."""
    if isinstance(node, ast.Constant):
        text = re.sub(r"e-0*", "e-", repr(node.value))
        return f"({number(text)})" if binding > 2 and "e" in text else number(text)
    if isinstance(node, ast.Name):
        value = values.get(node.id)
        if value is None:
            return symbol(node.id)
        return rf"({number(value)})" if value[0] in "-−" or (binding > 2 and "e" in value) else number(value)
    if isinstance(node, ast.UnaryOp):
        return f"-{_latex(node.operand, values, 2)}"
    if isinstance(node, ast.Call):
        return _call(node, values)
    if isinstance(node, ast.IfExp):
        return _cases(node.test, node.body, node.orelse, values)
    if isinstance(node, ast.Compare):
        sign = {ast.Gt: ">", ast.Lt: "<"}[type(node.ops[0])]
        return f"{_latex(node.left, values, 0)} {sign} {_latex(node.comparators[0], values, 0)}"
    assert isinstance(node, ast.BinOp)
    if isinstance(node.op, ast.Div):
        return rf"\frac{{{_latex(node.left, values, 0)}}}{{{_latex(node.right, values, 0)}}}"
    if isinstance(node.op, ast.Pow):
        return rf"{_latex(node.left, values, 3)}^{{{_latex(node.right, values, 0)}}}"
    own, sign = {ast.Add: (1, "+"), ast.Sub: (1, "-"), ast.Mult: (2, r"\cdot")}[type(node.op)]
    right = _latex(node.right, values, own + isinstance(node.op, ast.Sub))
    text = f"{_latex(node.left, values, own)} {sign} {right}"
    return rf"\left({text}\right)" if own < binding else text


def _call(node: ast.Call, values: Mapping[str, str]) -> str:
    """Return a call: a method such as `s.sqrt()`, or a function of torch."""
    assert isinstance(node.func, ast.Attribute)
    of_torch = isinstance(node.func.value, ast.Name) and node.func.value.id == "torch"
    name = node.func.attr
    if name == "where":
        return _cases(node.args[0], node.args[1], node.args[2], values)
    arguments = [*([] if of_torch else [node.func.value]), *node.args]
    inner = ", ".join(_latex(part, values, 0) for part in arguments)
    if name in ("tensor", "double"):
        return inner
    if name == "sqrt":
        return rf"\sqrt{{{inner}}}"
    if name == "abs":
        return rf"\left|{inner}\right|"
    if name == "clamp":  # above min is a maximum
        (limit,) = node.keywords
        function = r"\max" if limit.arg == "min" else r"\min"
        return rf"{function}\left({inner}, {_latex(limit.value, values, 0)}\right)"
    function = r"\max" if name == "maximum" else rf"\operatorname{{{name}}}"
    return rf"{function}\left({inner}\right)"


def _cases(test: ast.expr, then: ast.expr, other: ast.expr, values: Mapping[str, str]) -> str:
    """Return a choice between two values."""
    condition, first, second = (_latex(part, values, 0) for part in (test, then, other))
    return rf"\begin{{cases}} {first} & \text{{if }} {condition} \\ {second} & \text{{else}} \end{{cases}}"
