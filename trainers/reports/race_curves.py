"""Races as the tables that charts draw. A band reaches from the 10 to the 90 % quantile of the starts."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from trainers.races.result import OptimizerResult, RaceResult
from trainers.races.spec import Race
from trainers.reports.race_scores import FAR, failure_label, format_score
from trainers.reports.thinning import snapshot_epochs

LOW, HIGH = 0.1, 0.9


def tuned_curves(result: RaceResult, names: Sequence[str]) -> pd.DataFrame:
    """The tuned optimizers on their fresh starts, as gaps or losses: run, x, low, mid, high."""
    epochs = snapshot_epochs(result.race.epochs, 150)
    parts = [pd.DataFrame(columns=["run", "x", "low", "mid", "high"])]
    for name, entry in zip(names, result.results, strict=True):
        if not entry.failed:
            above = result.race.training.above(entry.losses[epochs])
            known = result.race.training.minimum is not None
            near = above.clamp(min=result.race.rounding) if known else above
            parts.append(pd.DataFrame({"run": name, "x": epochs, **band(near)}))
    return pd.concat(parts[1:] or parts, ignore_index=True)


def sensitivity(result: RaceResult, names: Sequence[str]) -> pd.DataFrame:
    """The result of each trial by its learning rate: run, entry, trial, x, low, mid, high, result, spread.

    Infinite where a trial failed, or did not reach the target; `result` and `spread` are the numbers as text.
    """
    starts, parts = result.race.seeds, []
    for number, (name, entry) in enumerate(zip(names, result.results, strict=True)):
        rates = entry.trials.settings["lr"][::starts].numpy()
        part: dict[str, Any] = {"run": name, "entry": number, "trial": range(len(rates)), "x": rates}
        part |= band(entry.trial_scores)
        texts = {end: [format_score(result.race, x) for x in part[end]] for end in ("low", "mid", "high")}
        part["result"] = _results(result.race, entry, texts["mid"])
        part["spread"] = [f"{low} to {high}" for low, high in zip(texts["low"], texts["high"], strict=True)]
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True)


def _results(race: Race, entry: OptimizerResult, told: Sequence[str]) -> list[str]:
    """The results of the trials as text, with how those failed that did."""
    if race.metric == "epochs":
        return list(told)
    far = FAR if race.metric == "final" else failure_label(race)
    ways = ["diverged" if gone else far for gone in entry.diverged.tolist()]
    return [way if text == failure_label(race) else text for way, text in zip(ways, told, strict=True)]


def edges(result: RaceResult, names: Sequence[str]) -> pd.DataFrame:
    """The rates, of those tried, at which stability ends, where that is known: run, x.

    It is where each update looks at all rows: a batch has another Hessian.
    """
    hessian, rows = result.race.training.hessian, []
    if hessian is not None and result.race.tune == "lr" and result.race.steps_per_epoch == 1:
        curvature = float(torch.linalg.eigvalsh(hessian).max())
        rows = [
            (name, e.optimizer.max_stable_lr(curvature))
            for name, e in zip(names, result.results, strict=True)
        ]
    low, high = result.race.lr_min, result.race.lr_max
    known = [(name, edge) for name, edge in rows if edge is not None and low <= edge <= high]
    return pd.DataFrame(known, columns=["run", "x"])


def budgets(result: RaceResult, names: Sequence[str]) -> pd.DataFrame:
    """The expected best result after each number of trials: run, x, y."""
    counts = snapshot_epochs(result.race.trials, 40)[1:]
    parts = [
        pd.DataFrame({"run": name, "x": counts, "y": result.expected_best(entry, counts)})
        for name, entry in zip(names, result.results, strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def unseen(values: "pd.Series[float]") -> str:
    """What a log axis leaves out of gaps or epochs, in words; nothing where it shows all."""
    log = bool((values > 0).any() and not (values < 0).any())
    return " Where it is 0, a log axis can't show it." if log and (values == 0).any() else ""


def band(values: Tensor) -> dict[str, Any]:
    """The low end, the middle and the high end of values `(..., starts)`."""
    return {
        name: quantile(values, share).numpy() for name, share in (("low", LOW), ("mid", 0.5), ("high", HIGH))
    }


def quantile(values: Tensor, share: float) -> Tensor:
    """A quantile over the last dimension, of two ranks the higher; NaN counts as infinite."""
    ordered = values.where(~values.isnan(), math.inf).sort(dim=-1).values
    return ordered[..., math.ceil(round(share * (values.shape[-1] - 1), 6))]
