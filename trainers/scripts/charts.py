"""Cells of notebooks that draw: tables and charts, with pandas and Altair."""

from trainers.run import Task

MAX_POINTS = 1000
"""Max. points of a curve."""
MAX_NAMED = 6
"""Max. parameters of which a table has columns."""
TABLE = """\
import pandas as pd

rows = []
for name, (losses, params) in results.items():
    recorded = list(takewhile(isfinite, losses))
    diverged = len(recorded) < len(losses)
    after = f"diverged after {len(recorded)} epochs"
    row = {
        "run": name,
        "status": after if diverged else "finished",
        "final loss": None if diverged else losses[-1],
        "best loss": min(recorded, default=None),
    }
    rows.append(ROW)
pd.DataFrame(rows)
"""
CURVES = """\
import altair as alt

alt.data_transformers.disable_max_rows()
points = []
for name, (losses, params) in results.items():
    recorded = list(takewhile(isfinite, losses))
    for epoch, loss in enumerate(recorded):
        points.append({"run": name, "epoch": epoch, "loss": loss})
curves = pd.DataFrame(points)
top = 10 * curves.loc[curves["epoch"] == 0, "loss"].abs().max()
curves = curves[curves["loss"] <= top]  # what diverges, leaves
EVERYkind = "log" if (curves["loss"] > 0).all() else "linear"
alt.Chart(curves, width=600, height=360).mark_line().encode(
    alt.X("epoch:Q"),
    alt.Y("loss:Q", scale=alt.Scale(type=kind, zero=False)),
    alt.Color("run:N", sort=None),
    tooltip=["run:N", "epoch:Q", "loss:Q"],
)
"""


def curves_chart(task: Task) -> str:
    """Return the cell that draws the loss curves, of long runs every few epochs."""
    each = -(-task.epochs // MAX_POINTS)
    thinned = f'curves = curves[curves["epoch"] % {each} == 0]\n' if each > 1 else ""
    return CURVES.replace("EVERY", thinned).rstrip()


def curves_table(task: Task) -> str:
    """Return the cell that shows the table of runs."""
    names = list(task.problem.names)
    if len(names) > MAX_NAMED:
        return TABLE.replace("ROW", "row").rstrip()
    shown = f"row | dict(zip({names!r}, params.tolist()))".replace("'", '"')
    return TABLE.replace("ROW", shown).rstrip()
