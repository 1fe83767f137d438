"""Cells of notebooks that draw: tables and charts, with pandas and Altair."""

from trainers.races.spec import Race
from trainers.run import Run, Task

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
whole = alt.Legend(labelLimit=0)
alt.Chart(curves, width=600, height=360).mark_line().encode(
    alt.X("epoch:Q"),
    alt.Y("loss:Q", scale=alt.Scale(type=kind, zero=False)),
    alt.Color("run:N", sort=None, legend=whole),
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


POINTS = """\
import pandas as pd

table = pd.DataFrame({name: v.numpy() for name, v in points.items()})
table["score"] = score.numpy()
table["diverged"] = diverged.numpy()
table.sort_values("score", kind="stable").head(10)
"""
HEAT = """\
import altair as alt

alt.data_transformers.disable_max_rows()
brief = alt.Axis(format=".2g")


def every(name, step=1):
    return alt.Scale(domain=sorted(table[name].unique())[::step])


shown = table[table["score"] < float("inf")]  # failed ones: gray
kind = "log" if (shown["score"] > 0).all() else "linear"
color = alt.Scale(type=kind, scheme="viridis", reverse=True)
alt.Chart(shown, width=500, height=400).mark_rect().encode(
    alt.X("XNAME:O", axis=brief, scale=every("XNAME")),
    alt.Y("YNAME:O", axis=brief, scale=every("YNAME", -1)),
    alt.Color("score:Q", title="WHAT", scale=color),
    tooltip=["XNAME:Q", "YNAME:Q", "score:Q"],
).configure_view(fill="lightgray")
"""
RANKING = """\
import pandas as pd

results.sort(key=lambda row: row[2])
pd.DataFrame(
    {
        "optimizer": name,
        **best,
        "tuned": tuned,
        "at default lr": plain,
        "failed": scores.isinf().sum().item(),
    }
    for name, best, tuned, plain, scores, trials in results
)
"""
TRIALS = """\
import altair as alt

rows = []
for name, best, tuned, plain, scores, trials in results:
    for lr, score in zip(trials["lr"].tolist(), scores.tolist()):
        rows.append({"optimizer": name, "lr": lr, "score": score})
points = pd.DataFrame(rows)
points = points[points["score"] < float("inf")]  # not the failed ones
kind = "log" if (points["score"] > 0).all() else "linear"
whole = alt.Legend(labelLimit=0)
alt.Chart(points, width=600, height=360).MARK.encode(
    alt.X("lr:Q", scale=alt.Scale(type="log"), title="learning rate"),
    alt.Y("score:Q", scale=alt.Scale(type=kind), title="WHAT"),
    alt.Color("optimizer:N", sort=None, legend=whole),
    tooltip=["optimizer:N", "lr:Q", "score:Q"],
)
"""


def heat_chart(x: str, y: str, run: Run) -> str:
    """Return the cell that draws the heat map of a grid."""
    what = "final loss" if run.training.minimum is None else "final gap"
    return HEAT.replace("XNAME", x).replace("YNAME", y).replace("WHAT", what).rstrip()


def trials_chart(race: Race) -> str:
    """Return the cell that draws the score of each trial against its learning rate."""
    mark = "mark_point()" if race.tune == "all" else "mark_line(point=True)"
    what = "loss" if race.training.minimum is None else "gap"
    title = "epochs to target" if race.metric == "epochs" else f"{race.metric} {what}"
    return TRIALS.replace("MARK", mark).replace("WHAT", title).rstrip()
