"""Parameter differences between the three runners."""

import altair as alt
import pandas as pd

from trainers.charts.axes import markable, positive, scale, span, x_axis, x_scale, y_axis

HEIGHT = 220


def difference_chart(differences: pd.DataFrame, rounding: float) -> alt.LayerChart:
    """Draw `differences`, with the columns x, y (largest parameter difference); 0 is not drawn.

    `rounding` is 1 ulp of the largest parameter, drawn as a dotted line.
    """
    visible = differences[positive(differences["y"])]
    step = markable(rounding, log=True)
    around = pd.DataFrame({"y": [*visible["y"], *step], "run": ""})
    domain = span(around, "y", log=True)
    x = alt.X("x:Q", axis=x_axis("epochs"), scale=x_scale(differences["x"]))
    y = alt.Y("y:Q", axis=y_axis("largest difference", domain, True), scale=scale(domain, True))
    tooltip = [
        alt.Tooltip("x:Q", title="epochs", format=",~g"),
        alt.Tooltip("y:Q", title="largest difference", format=".3g"),
    ]
    points = alt.Chart(visible).mark_circle(size=14, opacity=0.8).encode(x, y, tooltip=tooltip)
    rule = alt.Chart(pd.DataFrame({"y": step})).mark_rule(strokeDash=[2, 4], color="gray")
    return alt.LayerChart(layer=[rule.encode(y), points], height=HEIGHT)
