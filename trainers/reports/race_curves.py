"""Races as tables for charts. Bands span the 10th to the 90th percentile over seeds; of few, all of them."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from trainers.races.budget import MIN_HALVED, bounded, expected_best, expected_tuning_score, is_log
from trainers.races.redraw import median
from trainers.races.result import OptimizerResult, RaceResult
from trainers.races.spec import Race
from trainers.reports.race_scores import NOT_DIVERGED, failure_label, format_score
from trainers.run import Run, snapshot_epochs

LOW, HIGH = 0.1, 0.9
FEW = 10
"""Max. seeds whose 10th and 90th percentile are the lowest and the highest."""
MAX_LISTED = 100
"""Maximum number of trials in a list."""


def tuned_curves(result: RaceResult, names: Sequence[str]) -> pd.DataFrame:
    """Return gaps or losses of the tuned optimizers on the new seeds: run, x, low, mid, high."""
    parts = [pd.DataFrame(columns=["run", "x", "low", "mid", "high"])]
    for name, entry in zip(names, result.results, strict=True):
        if not entry.failed:
            above = result.race.new_gaps(entry.losses)
            known = result.race.training.minimum is not None
            near = above.clamp(min=result.race.rounding) if known else above
            parts.append(pd.DataFrame({"run": name, "x": result.race.recorded, **band(near)}))
    return pd.concat(parts[1:] or parts, ignore_index=True)


def sensitivity(result: RaceResult, names: Sequence[str]) -> pd.DataFrame:
    """Return all trials: run, entry, trial, x (learning rate), low, mid, high, result, and as text, spread.

    Infinite where a trial failed or did not reach the target. One seed has no spread.
    """
    seeds, parts = result.race.seeds, []
    for number, (name, entry) in enumerate(zip(names, result.results, strict=True)):
        rates = entry.trials.settings["lr"][::seeds].numpy()
        part: dict[str, Any] = {"run": name, "entry": number, "trial": range(len(rates)), "x": rates}
        part |= band(entry.trial_scores)
        texts = {end: [format_score(result.race, x) for x in part[end]] for end in ("low", "mid", "high")}
        part["result"] = _results(result.race, entry, texts["mid"])
        if seeds > 1:
            part["spread"] = [
                f"{low} to {high}" for low, high in zip(texts["low"], texts["high"], strict=True)
            ]
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True)


def best_trials(result: RaceResult, names: Sequence[str]) -> list[tuple[str, int, int]]:
    """Return text, entry and trial of at most `MAX_LISTED` trials, those with the best scores first."""
    trials = sensitivity(result, names).sort_values("mid", kind="stable").head(MAX_LISTED)
    race, listed = result.race, []
    for entry, trial, score in zip(trials["entry"], trials["trial"], trials["result"], strict=True):
        label = race.method_at(int(entry), int(trial)).label
        listed.append((f"{label}: {score}", int(entry), int(trial)))
    return listed


def _results(race: Race, entry: OptimizerResult, scores: Sequence[str]) -> list[str]:
    """Return the results of the trials as text; of failed trials, how they failed."""
    if race.metric == "epochs":
        return list(scores)
    far = NOT_DIVERGED if race.metric == "final" else failure_label(race)
    reasons = ["diverged" if diverged else far for diverged in entry.diverged.tolist()]
    return [
        reason if text == failure_label(race) else text for reason, text in zip(reasons, scores, strict=True)
    ]


def stability_limits(result: RaceResult, names: Sequence[str]) -> pd.DataFrame:
    """Return the stability limits within the range of learning rates, where they are known: run, x."""
    low, high = result.race.lr_min, result.race.lr_max
    return pd.DataFrame(
        [(name, limit) for name, limit in known_limits(result, names) if low <= limit <= high],
        columns=["run", "x"],
    )


def known_limits(result: RaceResult, names: Sequence[str]) -> list[tuple[str, float]]:
    """Return the stability limits of the learning rate, where they are known.

    They hold for full-batch updates at a constant learning rate only: each mini-batch has its own Hessian.
    With a validation split they are those of the training set with the largest curvature.
    """
    race, trials = result.race, result.race.sweeps[0]
    constant = race.steps_per_epoch == 1 and race.schedule == "none"
    if race.training.hessian is None or race.tune != "lr" or not constant:
        return []
    curvature = max(map(_curvature, trials.tasks if trials.splits_differ else [trials.run]))
    limits = [
        (name, entry.optimizer.max_stable_lr(curvature))
        for name, entry in zip(names, result.results, strict=True)
    ]
    return [(name, limit) for name, limit in limits if limit is not None]


def _curvature(run: Run) -> float:
    """Return the largest eigenvalue of the Hessian of a quadratic loss."""
    assert run.training.hessian is not None
    return float(torch.linalg.eigvalsh(run.training.hessian).max())


def budgets(result: RaceResult, names: Sequence[str]) -> pd.DataFrame:
    """Return the expected best result after each number of trials: run, x, y, seeds.

    By the seeds that score them: "tuning", those that chose them; "half", the other half, if there are
    halves; and after all trials "new".
    """
    counts, parts = snapshot_epochs(result.race.trials, 40)[1:], []
    for name, entry in zip(names, result.results, strict=True):
        found = {
            "tuning": expected_tuning_score(result, entry, counts),
            "half": expected_best(result, entry, counts) or [],
            "new": [float(bounded(result, median(entry.tuned_scores)))],
        }
        parts += [
            pd.DataFrame({"run": name, "x": counts[-len(y) :], "y": y, "seeds": seeds})
            for seeds, y in found.items()
            if y
        ]
    return pd.concat(parts, ignore_index=True)


def budget_caption(result: RaceResult) -> str:
    """Return what the lines and the points of the tuning budget are."""
    mean = "geometric mean" if is_log(result) else "mean"
    dashed = "Dashed: the tuning score of the best of them, which is in part luck."
    last = "Point: the result with new seeds."
    if result.race.seeds < MIN_HALVED:
        return f"Expected best result of n trials, drawn at random from all ({mean}). {dashed} {last}"
    return (
        f"Expected best result of n trials, drawn at random from all ({mean}): chosen by half of the seeds, "
        f"scored by the other half. {dashed} {last}"
    )


def spread_caption(seeds: int) -> str:
    """Return what the curves and bands of the tuned optimizers are."""
    if seeds == 1:
        return "Result on one new seed."
    return f"Median and {spread_label(seeds)} over {seeds} new seeds."


def spread_label(seeds: int) -> str:
    """Return what a band spans: of few seeds, all of them."""
    return "10th–90th percentile" if seeds > FEW else "lowest to highest"


def spread_ends(seeds: int) -> tuple[str, str]:
    """Return the names of both ends of a band."""
    return ("10th percentile", "90th percentile") if seeds > FEW else ("lowest", "highest")


def zeros_caption(values: "pd.Series[float]") -> str:
    """Return a sentence on zeros that a log axis leaves out; "" if there are none."""
    log = bool((values > 0).any() and not (values < 0).any())
    return " Values of 0 are not shown on the log axis." if log and (values == 0).any() else ""


def band(values: Tensor) -> dict[str, Any]:
    """Return the low, middle and high quantile of values `(..., seeds)`."""
    return {
        name: quantile(values, share).numpy() for name, share in (("low", LOW), ("mid", 0.5), ("high", HIGH))
    }


def quantile(values: Tensor, share: float) -> Tensor:
    """Return a quantile over the last dimension, of two values the outer one; NaN counts as inf.

    So between two quantiles lies at least the fraction that they say.
    """
    ordered = values.where(~values.isnan(), math.inf).sort(dim=-1).values
    place = round(share * (values.shape[-1] - 1), 6)
    return ordered[..., math.floor(place) if share < 0.5 else math.ceil(place)]
