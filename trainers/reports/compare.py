"""Tables of the comparison: the place of each run at each snapshot, and curves cut to the chart."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from trainers.history import History
from trainers.reports.line_clipping import clip_path
from trainers.reports.path_plane import Plane
from trainers.run import snapshot_epochs

MAX_SNAPSHOTS = 174
"""More than elsewhere, as fewer would hide oscillations."""


def dots(histories: Sequence[History], names: Sequence[str], plane: Plane, column: str) -> pd.DataFrame:
    """Return the place of each run at each snapshot, and at the one after it.

    The columns are run, epoch, x, y (in the plane), value, and the same of the next snapshot: next_epoch,
    next_x, next_y, next_value. The last place of a run is its own next one, without next_epoch.
    """
    columns = ["epoch", "x", "y", "value"]
    parts = [pd.DataFrame(columns=["run", *columns, *(f"next_{name}" for name in columns)])]
    for history, name in zip(histories, names, strict=True):
        last = history.num_recorded - 1
        epochs = sorted({*snapshot_epochs(history.run.epochs, MAX_SNAPSHOTS), last})
        rows = sorted({history.row(epoch) for epoch in epochs if 0 <= epoch <= last})
        at = history.epochs[rows]
        points = plane.project(history.params[rows]).numpy()
        value = history.column(column)[at].numpy()
        here = pd.DataFrame({"epoch": at.numpy(), "x": points[:, 0], "y": points[:, 1], "value": value})
        after = here.shift(-1).fillna(here.iloc[-1:])
        after["epoch"] = here["epoch"].shift(-1)
        parts.append(here.assign(run=name).join(after.add_prefix("next_")))
    return pd.concat(parts[1:] or parts, ignore_index=True)


def ends(curves: pd.DataFrame, diverged: Sequence[str], domain: Sequence[float]) -> pd.DataFrame:
    """Return the last point of each run that diverged, run, x and y, at the edge if it lies outside."""
    last = curves[curves["run"].isin(list(diverged))].groupby("run", sort=False).last().reset_index()
    return last.assign(y=last["y"].clip(*domain))


def cut_curves(curves: pd.DataFrame, domain: Sequence[float], log: bool) -> pd.DataFrame:
    """Return curves, run, x and y, cut where they leave the range of the y-axis, with a part number."""
    ends = np.log10(domain) if log else np.array(domain)
    box = np.array([[-math.inf, math.inf], ends])
    parts = []
    for name, curve in curves.groupby("run", sort=False):
        y = curve["y"].to_numpy()
        with np.errstate(invalid="ignore", divide="ignore"):
            points = np.column_stack([curve["x"], np.log10(y) if log else y])
        part = pd.DataFrame(clip_path(points, box), columns=["part", "row", "x", "y"]).drop(columns="row")
        parts.append(part.assign(run=name, y=10.0 ** part["y"] if log else part["y"]))
    return pd.concat(parts, ignore_index=True) if parts else curves.assign(part=0)
