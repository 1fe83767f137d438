"""A problem of any `torch.nn.Module`, with any loss, on tensors."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self, cast

import pandas as pd
import torch
from torch import Tensor, nn
from torch.func import vmap

from trainers.datasets.dataset import Dataset
from trainers.modes import lasting
from trainers.problems import module_checks
from trainers.problems.differentiated import Differentiated
from trainers.problems.functional_module import FunctionalModule, in_dtype
from trainers.problems.module_digest import digest
from trainers.problems.supervised import Supervised
from trainers.settings import SettingError

MAX_FEATURES = 100
"""Most inputs of a sample that have names, and columns in a table."""


@dataclass(frozen=True, eq=False)
class Samples(Dataset):
    """Inputs and targets of any shapes and types, one sample per row of the first dimension."""

    def _on(self, change: Callable[[Tensor], Tensor]) -> Self:
        with lasting():
            return super()._on(change)

    def _convert(self, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        with lasting():
            return in_dtype(self.inputs, dtype), in_dtype(self.target, dtype)

    def frame(self) -> pd.DataFrame:
        """Return a table of the inputs, if they are a vector for each sample, and the target."""
        named = dict(zip(self.features, self.inputs.T.numpy() if self.features else (), strict=True))
        target = self.target.flatten() if self.target.numel() == len(self) else self.target
        return pd.DataFrame(named | {self.target_name: target.tolist()})


_pickled: dict[tuple[str, ...], "Module"] = {}
"""Problems that were pickled in this process, by what their pickles hold."""


def _unpickled(*identity: str) -> "Module":
    if identity not in _pickled:
        raise LookupError(f"the module {identity[1]} was pickled in another process")
    return _pickled[identity]


class Model:
    """A module and its loss, as functions of parameters; what follows from them is found once."""

    def __init__(self, net: nn.Module, loss: module_checks.Loss, samples: Samples) -> None:
        self.net = FunctionalModule(net)
        self.criterion = FunctionalModule(loss) if isinstance(loss, nn.Module) else deepcopy(loss)
        few = samples[: module_checks.MAX_TRIED]
        params = self.net.values().to(torch.float32)
        module_checks.check_mean(self.loss, params, few)
        module_checks.check_buffers(self.loss, params, few, self.net.fixed(params.dtype))
        self.vectorized = module_checks.is_vectorized(self.loss, params, few)
        self.elements = module_checks.elements(self.net.net, few.inputs)
        outputs = self.outputs(params, few.to(params.dtype)[0])
        self.class_names = class_names(samples.target, outputs)
        self.single_output = isinstance(outputs, Tensor) and outputs.numel() == len(few)

    def outputs(self, params: Tensor, inputs: Tensor) -> Any:
        """Return the outputs of the module with parameters `(n,)`."""
        return self.net(params, params.dtype, inputs)

    def loss(self, params: Tensor, samples: Dataset) -> Tensor:
        """Return the loss on samples for parameters `(n,)`."""
        inputs, target = samples.to(params.dtype)
        given = self.outputs(params, inputs), target
        if isinstance(self.criterion, FunctionalModule):
            return cast(Tensor, self.criterion(params[:0], params.dtype, *given))
        return self.criterion(*given)

    def accuracy(self, params: Tensor, samples: Dataset) -> Tensor:
        """Return the fraction of samples whose class has the largest output; NaN if one is not finite."""
        inputs, target = samples.to(params.dtype)
        outputs = self.outputs(params, inputs)
        right: Tensor = (outputs.argmax(1) == target).to(params.dtype).mean()
        return right.where(outputs.isfinite().all(), torch.nan)


def class_names(target: Tensor, outputs: Any) -> tuple[str, ...]:
    """Return the numbers of the classes if outputs are one per class, and targets class indices; else ()."""
    if target.dtype != torch.int64 or target.ndim != 1 or getattr(outputs, "ndim", 0) != 2:
        return ()
    count = outputs.shape[1]
    indices = int(target.min()) >= 0 and int(target.max()) < count
    return tuple(map(str, range(count))) if count > 1 and indices else ()


@dataclass(frozen=True, init=False)
class Module(Differentiated, Supervised):
    """The mean loss of a module on samples, as a function of its trainable parameters.

    `net` is any module, and `loss(outputs, targets)` any mean over the samples, such as `nn.MSELoss()` or a
    function. `inputs` and `targets` hold a sample per row of the first dimension; floats are converted to the
    dtype of a run. Where the targets are class indices `(samples,)`, int64, and the outputs `(samples,
    classes)`, these are taken as logits, and the accuracy is measured, too.

    The parameters are those of `net.named_parameters()` that require a gradient. Seed 0 starts at the values
    that they have now; other seeds call `reset_parameters` of each layer that has it. The module itself is
    not changed: `trained` returns a copy with other parameters.

    Runs that are trained together share one pass by `torch.func.vmap` where it can run the module, else each
    has its own. A module that draws at random or changes its buffers raises `SettingError`.

    Source: the documentation of `torch.func`, "Model ensembling".
    """

    summary: ClassVar[str] = "A module of your own."

    name: str
    digest: str
    """Of the structure, the parameters, the loss and the samples."""
    model: Model = field(compare=False, repr=False)
    samples: Samples = field(compare=False, repr=False)

    def __init__(
        self,
        net: nn.Module,
        loss: module_checks.Loss,
        inputs: Tensor,
        targets: Tensor,
        *,
        name: str = "module",
    ) -> None:
        module_checks.check_arguments(net, loss, inputs, targets, name)
        module_checks.check_layers(net)
        width = inputs.shape[1] if inputs.ndim == 2 else 0
        features = tuple(f"x{k + 1}" for k in range(width if width <= MAX_FEATURES else 0))
        samples = Samples(inputs.detach().clone(), targets.detach().clone(), features, "y")
        with lasting():
            model = Model(net, loss, samples)
        given = {
            "name": name,
            "digest": digest(net, loss, inputs, targets),
            "model": model,
            "samples": replace(samples, class_names=model.class_names),
            "csv": None,
            "subset_data": None,
        }
        for key, value in given.items():
            object.__setattr__(self, key, value)

    def __copy__(self) -> Self:
        other = object.__new__(type(self))
        other.__dict__.update(self.__getstate__())
        return other

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle a reference: a module can be of a class that can't be imported."""
        if self.subset_data is not None:
            raise TypeError("a part of a module's samples can't be pickled")
        identity = type(self).__name__, self.name, self.digest
        _pickled[identity] = self
        return _unpickled, identity

    @property
    def link_name(self) -> str:
        raise SettingError("problem", f"has no link: the module {self.name} exists in this program only")

    # --- Parameters -------------------------------------------------------------------------------

    @property
    def names(self) -> tuple[str, ...]:  # type: ignore[override]
        return self.model.net.names

    @property
    def num_params(self) -> int:
        return sum(self.model.net.sizes)

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of the parameters, as in the module."""
        return tuple(self.model.net.shapes.values())

    def tensors(self, params: Tensor) -> list[Tensor]:
        return self.model.net.split(params)

    def start(self, seed: int = 0) -> Tensor:
        return self.model.net.values() if seed == 0 else self.model.net.reset(seed)

    def trained(self, params: Tensor) -> nn.Module:
        """Return a copy of the module with parameters `(n,)`, in their dtype."""
        return self.model.net.trained(params)

    def load_data(self) -> Dataset:
        return self.samples

    @property
    def single_output(self) -> bool:
        return self.model.single_output

    @property
    def cost(self) -> int:
        return self.num_samples * self.model.elements

    # --- Loss -------------------------------------------------------------------------------------

    def loss(self, params: Tensor) -> Tensor:
        return self._of_each(params, self.model.loss)

    def accuracy(self, params: Tensor) -> Tensor:
        return self._of_each(params, self.model.accuracy)

    def predict(self, params: Tensor, x: Tensor) -> Tensor:
        """Return the outputs for inputs, a single one as `(rows,)`; of classes probabilities."""
        x = x[:, None] if x.ndim == 1 < self.samples.inputs.ndim else x
        outputs = cast(Tensor, self.model.outputs(params, in_dtype(x, params.dtype)))
        if self.class_names:
            return outputs.softmax(1)
        return outputs.flatten() if outputs.numel() == len(outputs) else outputs

    def _of_each(self, params: Tensor, measure: Callable[[Tensor, Any], Tensor]) -> Tensor:
        """Measure parameters `(n,)`, or each column of `(n, runs)`."""
        if params.ndim == 1:
            return measure(params, self.data)
        if not self.model.vectorized:
            return torch.stack([measure(column, self.data) for column in params.T.contiguous()])
        return vmap(measure, (0, None))(params.T.contiguous(), self.data)


def as_class(problem: Module) -> type[Module]:
    """Return a class of this problem alone, called `module:NAME` as in links: a choice among others."""

    class Offered(Module):
        summary = f"A module with {problem.num_params:,} parameters, offered by this server."

        def __init__(self, **others: Any) -> None:
            self.__dict__.update(problem.__dict__)

        @property
        def link_name(self) -> str:
            return type(self).__name__

    Offered.__name__ = f"module:{problem.name}"
    return Offered
