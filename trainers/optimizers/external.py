"""The optimizers of the package pytorch-optimizer, if it is installed, as classes of settings.

Its import takes about as long as a second: it happens in `offer_more`, never with this module.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, make_dataclass
from functools import cache
from inspect import Parameter, getdoc, signature
from typing import Any, ClassVar, NoReturn

from torch import Tensor
from torch.optim import Optimizer as TorchOptimizer

from trainers import more
from trainers.optimizers import OPTIMIZERS
from trainers.optimizers.base import Optimizer
from trainers.settings import flag, integer, real, settings_of

PACKAGE = "pytorch_optimizer"
LEFT_OUT = ("maximize", "foreach", "fused", "model_sharding", "compress_state_dict", "check_numerics")
"""Parameters that are about something else than the update."""
NEED_CLOSURE = ("AliG",)
ABOUT: dict[str, dict[str, Any]] = {
    "SOAP": {
        "group": "second-order",
        "year": 2024,
        "summary": "Adam in the eigenbasis of Shampoo's preconditioner, for matrices; Adam for the rest.",
        "source": "N. Vyas et al. 2024, arXiv 2409.11321",
    },
    "Prodigy": {
        "group": "adaptive",
        "year": 2023,
        "summary": "Adam that estimates its step size from the distance it has come; lr is a factor.",
        "source": "K. Mishchenko and A. Defazio 2023, arXiv 2306.06101",
    },
}
"""What is known of some better than from the package."""


@dataclass(frozen=True)
class External(Optimizer):
    """An optimizer of pytorch-optimizer. It has the numbers of its signature; others keep their default.

    What is random in it begins with seed 0 in each run. Source: pytorch-optimizer.
    """

    group: ClassVar[str] = "pytorch-optimizer"
    by_matrix: ClassVar[bool] = True
    guarded: ClassVar[bool] = True
    kind: ClassVar[type[TorchOptimizer]]
    """The package's class."""
    several: ClassVar[dict[str, tuple[str, ...]]] = {}
    """Settings of which each is a part of one that is several numbers, by the name of that one."""

    @property
    def l2_penalty(self) -> float:
        return 0.0

    def arguments(self) -> dict[str, Any]:
        """Return lr, if it has one, and what differs from the package's defaults, by the package's names."""
        given = {name: getattr(self, name) for name in settings_of(self)}
        for whole, parts in self.several.items():
            given[whole] = tuple(given.pop(part) for part in parts)
        usual = signature(self.kind).parameters
        return {name: value for name, value in given.items() if name == "lr" or value != usual[name].default}

    def torch(self, *params: Tensor) -> TorchOptimizer:
        try:
            return self.kind(self.groups(params), **self.arguments())
        except Exception as error:  # of another package: anything
            return Refusing(params, error)

    def groups(self, params: tuple[Tensor, ...]) -> Any:
        """Return the tensors as the package wants them: matrices apart where vectors are AdamW's."""
        if "adamw_lr" not in signature(self.kind).parameters:
            return list(params)
        parts = [[p for p in params if (p.ndim == 2) is wanted] for wanted in (True, False)]
        named = zip(parts, (True, False), strict=True)
        return [{"params": some, "use_muon": matrices} for some, matrices in named if some]


class Refusing(TorchOptimizer):
    """Stands for an optimizer that could not be made: its step raises why."""

    def __init__(self, params: tuple[Tensor, ...], error: Exception) -> None:
        super().__init__(list(params), {})
        self.error = error

    def step(self, closure: Any = None) -> NoReturn:
        raise self.error


# --- Classes of settings --------------------------------------------------------------------------


@cache
def classes() -> dict[str, type[External]]:
    """Return the package's optimizers that are not here already, by name; imports it."""
    import pytorch_optimizer

    made = {}
    for name in more.NAMES:
        if name not in more.NOT_OFFERED:
            made[name] = _class(getattr(pytorch_optimizer, name))
    return made


def offer_more() -> None:
    """Add the package's optimizers to `OPTIMIZERS`, if it is installed, once."""
    if more.installed():
        OPTIMIZERS.update(classes())


def __getattr__(name: str) -> type[External]:
    """Return one of the classes, for `pickle`."""
    if name in more.NAMES and more.installed() and name in classes():
        return classes()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _class(kind: type[TorchOptimizer]) -> type[External]:
    """Return a class of settings for one of the package's optimizers."""
    name, fields, several = kind.__name__, list[tuple[str, Any, Any]](), {}
    helps = _helps(kind)
    for parameter in _knobs(kind):
        help, default = helps.get(parameter.name, "As in pytorch-optimizer."), parameter.default
        if isinstance(default, tuple):
            parts = [_part(parameter.name, number) for number in range(1, len(default) + 1)]
            several[parameter.name] = tuple(parts)
            fields += [
                (part, float, _setting(part, value, f"{help} Number {place} of {len(parts)}."))
                for place, (part, value) in enumerate(zip(parts, default, strict=True), start=1)
            ]
        else:
            fields.append((parameter.name, type(default), _setting(parameter.name, default, help)))
    about = ABOUT.get(name, {})
    source = about.get("source", f"the package's class {name}")
    namespace = {
        "__doc__": f"{name} of pytorch-optimizer {more.VERSION}. Source: {source}.",
        "__module__": __name__,
        "kind": kind,
        "several": several,
        "needs_closure": name in NEED_CLOSURE,
        "summary": about.get("summary") or _summary(kind),
        **{key: value for key, value in about.items() if key in ("group", "year")},
    }
    return make_dataclass(name, fields, bases=(External,), namespace=namespace, frozen=True)


def _knobs(kind: type[TorchOptimizer]) -> Iterator[Parameter]:
    """Yield the parameters that are numbers, several of them, or on and off."""
    for parameter in signature(kind).parameters.values():
        values = parameter.default if isinstance(parameter.default, tuple) else (parameter.default,)
        numbers = all(isinstance(value, float | int) and math.isfinite(value) for value in values)
        if numbers and parameter.name not in LEFT_OUT:
            yield parameter


def _part(name: str, number: int) -> str:
    """Return the name of a part of a setting: beta1 of betas, nu1 of nus."""
    return f"{name.replace('betas', 'beta').removesuffix('s')}{number}"


def _setting(name: str, default: Any, help: str) -> Any:
    """Return the field of a setting, with wide bounds: the package refuses what it can't use."""
    if isinstance(default, bool):
        return flag(default, help)
    if isinstance(default, int):
        return integer(default, min(default, 0), max(100, 10 * default), help)
    if name == "lr":
        return real(default, 1e-8, 100, help, scale="log")
    if "weight_decay" in name:
        return real(default, 0, 10, help)
    if "beta" in name or name == "momentum":
        return real(default, 0, max(default, 1), help)
    small = 0 < default < 1e-2
    return real(default, min(10 * default, 0), max(10 * default, 1), help, scale="log" if small else "linear")


def _summary(kind: type[TorchOptimizer]) -> str:
    """Return the first sentence of the package's description."""
    first = (getdoc(kind) or "").partition("\n")[0].strip().rstrip(".")
    return f"{first or kind.__name__}."


def _helps(kind: type[TorchOptimizer]) -> dict[str, str]:
    """Return what the package says of its parameters, each in one line."""
    _, _, arguments = (getdoc(kind) or "").partition("Args:\n")
    found = re.findall(r"^ {4}(\w+)[^:\n]*: (.+(?:\n {8,}.+)*)", arguments, flags=re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in found}
