"""A problem of any `torch.nn.Module`, with any loss, on tensors."""

from collections.abc import Callable
from copy import copy, deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Self, cast

import pandas as pd
import torch
from torch import Tensor, nn
from torch.func import vmap

from trainers.datasets.dataset import Index
from trainers.problems import module_checks
from trainers.problems.differentiated import Differentiated
from trainers.problems.functional_module import FunctionalModule, in_dtype
from trainers.settings import SettingError

MAX_TABLE_COLUMNS = 100
"""Most inputs of a sample for which the samples are shown as a table."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Inputs and targets, one sample per row of the first dimension."""

    inputs: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, index: Index) -> "Samples":
        with torch.inference_mode(False):  # autograd can't use what inference mode makes
            return Samples(self.inputs[index], self.targets[index])

    @property
    def bytes(self) -> float:
        """Max. memory, with copies in both dtypes."""
        return 2.5 * (self.inputs.nbytes + self.targets.nbytes)

    def to(self, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Return inputs and targets, floats in this dtype. Cached."""
        if dtype not in self._converted:
            with torch.inference_mode(False):
                self._converted[dtype] = in_dtype(self.inputs, dtype), in_dtype(self.targets, dtype)
        return self._converted[dtype]

    @cached_property
    def _converted(self) -> dict[torch.dtype, tuple[Tensor, Tensor]]:
        return {}


class Model:
    """A module and its loss, as functions of parameters; what follows from them is found once."""

    def __init__(self, net: nn.Module, loss: module_checks.Loss, samples: Samples) -> None:
        self.net = FunctionalModule(net)
        self.criterion = FunctionalModule(loss) if isinstance(loss, nn.Module) else deepcopy(loss)
        few = samples[: module_checks.MAX_TRIED]
        params = self.net.values().to(torch.float32)
        module_checks.check_mean(self.loss, params, few)
        self.vectorized = module_checks.is_vectorized(self.loss, params, few)
        self.elements = module_checks.elements(self.net.net, few.inputs)
        self.class_names = self._class_names(samples, self.outputs(params, few.to(params.dtype)[0]))

    def outputs(self, params: Tensor, inputs: Tensor) -> Any:
        """Return the outputs of the module with parameters `(n,)`."""
        return self.net(params, params.dtype, inputs)

    def loss(self, params: Tensor, samples: Samples) -> Tensor:
        """Return the loss on samples for parameters `(n,)`."""
        inputs, targets = samples.to(params.dtype)
        given = self.outputs(params, inputs), targets
        if isinstance(self.criterion, FunctionalModule):
            return cast(Tensor, self.criterion(params[:0], params.dtype, *given))
        return self.criterion(*given)

    def accuracy(self, params: Tensor, samples: Samples) -> Tensor:
        """Return the fraction of samples whose class has the largest output; NaN if one is not finite."""
        inputs, targets = samples.to(params.dtype)
        outputs = self.outputs(params, inputs)
        right: Tensor = (outputs.argmax(1) == targets).to(params.dtype).mean()
        return right.where(outputs.isfinite().all(), torch.nan)

    @staticmethod
    def _class_names(samples: Samples, outputs: Any) -> tuple[str, ...]:
        targets = samples.targets
        if targets.dtype != torch.int64 or targets.ndim != 1 or getattr(outputs, "ndim", 0) != 2:
            return ()
        count = outputs.shape[1]
        return tuple(map(str, range(count))) if count > 1 and int(targets.max()) < count else ()


@dataclass(frozen=True, init=False)
class Module(Differentiated):
    """The mean loss of a module on samples, as a function of its trainable parameters.

    `net` is any module, and `loss(outputs, targets)` any mean over the samples, such as `nn.MSELoss()` or a
    function. `inputs` and `targets` hold a sample per row of the first dimension; floats are converted to the
    dtype of a run. Where the targets are class indices `(samples,)`, int64, and the outputs `(samples,
    classes)`, the accuracy is measured, too.

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
    subset_data: Samples | None = field(repr=False)
    """Samples in place of all; set by `subset`."""

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
        samples = Samples(inputs.detach().clone(), targets.detach().clone())
        digest = module_checks.digest(net, loss, samples.inputs, samples.targets)
        with torch.inference_mode(False):
            model = Model(net, loss, samples)
        given = {"name": name, "digest": digest, "model": model, "samples": samples, "subset_data": None}
        for key, value in given.items():
            object.__setattr__(self, key, value)

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

    # --- Samples ----------------------------------------------------------------------------------

    @property
    def data(self) -> Samples:
        """The samples that the loss is a mean over."""
        return self.samples if self.subset_data is None else self.subset_data

    @property
    def num_samples(self) -> int:
        return len(self.data)

    @property
    def cost(self) -> int:
        return self.num_samples * self.model.elements

    @property
    def classes(self) -> Tensor | None:
        return self.data.targets if self.class_names else None

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.model.class_names

    @property
    def table(self) -> pd.DataFrame | None:
        inputs, targets = self.data.inputs.flatten(1), self.data.targets.flatten(1 % self.data.targets.ndim)
        if inputs.shape[1] > MAX_TABLE_COLUMNS or targets.numel() != len(inputs):
            return None
        columns = {f"x{k + 1}": column.numpy() for k, column in enumerate(inputs.T)}
        return pd.DataFrame({**columns, "y": targets.flatten().numpy()})

    def subset(self, index: Index) -> Self:
        other = copy(self)
        object.__setattr__(other, "subset_data", self.data[index])
        return other

    # --- Loss -------------------------------------------------------------------------------------

    def loss(self, params: Tensor) -> Tensor:
        return self._of_each(params, self.model.loss)

    def accuracy(self, params: Tensor) -> Tensor:
        return self._of_each(params, self.model.accuracy)

    def predict(self, params: Tensor, x: Tensor) -> Tensor:
        """Return the outputs for inputs; of classes probabilities `(rows, classes)`."""
        outputs = cast(Tensor, self.model.outputs(params, in_dtype(x, params.dtype)))
        return outputs.softmax(1) if self.class_names else outputs

    def _of_each(self, params: Tensor, measure: Callable[[Tensor, Samples], Tensor]) -> Tensor:
        """Measure parameters `(n,)`, or each column of `(n, runs)`."""
        if params.ndim == 1:
            return measure(params, self.data)
        if not self.model.vectorized:
            return torch.stack([measure(column, self.data) for column in params.T.contiguous()])
        return vmap(measure, (0, None))(params.T.contiguous(), self.data)
