"""How far the three runners drift apart."""

import altair as alt
import pandas as pd

from trainers.charts.axes import along, positive, scale, showable, span, x_axis, y_axis

HEIGHT = 220


def difference_chart(differences: pd.DataFrame, rounding: float) -> alt.LayerChart:
    """`differences` has the columns x, y (largest difference between parameters); 0 is not drawn.

    `rounding` is the distance between neighbouring numbers of this precision, as a yardstick.
    """
    shown = differences[positive(differences["y"])]
    step = showable(rounding, log=True)
    around = pd.DataFrame({"y": [*shown["y"], *step], "run": ""})
    domain = span(around, "y", log=True)
    x = alt.X("x:Q", axis=x_axis("epochs"), scale=along(differences["x"]))
    y = alt.Y("y:Q", axis=y_axis("largest difference", domain, True), scale=scale(domain, True))
    tooltip = [
        alt.Tooltip("x:Q", title="epochs", format=",~g"),
        alt.Tooltip("y:Q", title="largest difference", format=".3g"),
    ]
    points = alt.Chart(shown).mark_circle(size=14, opacity=0.8).encode(x, y, tooltip=tooltip)
    rule = alt.Chart(pd.DataFrame({"y": step})).mark_rule(strokeDash=[2, 4], color="gray")
    return alt.LayerChart(layer=[rule.encode(y), points], height=HEIGHT)
