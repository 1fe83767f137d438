"""How far the three runners drift apart."""

import altair as alt
import pandas as pd

from charts.axes import number_axis, scale, span

HEIGHT = 220


def difference_chart(differences: pd.DataFrame, rounding: float) -> alt.LayerChart:
    """`differences` has the columns x, y (largest difference between parameters); 0 is not drawn.

    `rounding` is the distance between two neighbouring numbers of this precision, for comparison.
    """
    shown = differences[differences["y"] > 0]
    around = pd.concat([shown["y"], pd.Series([rounding])]).to_frame("y").assign(run="")
    domain = span(around.reset_index(drop=True), "y", log=True)
    y = alt.Y("y:Q", scale=scale(domain, log=True), axis=number_axis("largest difference", True))
    x = alt.X("x:Q", axis=alt.Axis(title="epochs", format="~s", grid=False), scale=alt.Scale(nice=False))
    points = (
        alt.Chart(shown)
        .mark_circle(size=12, opacity=0.8)
        .encode(x, y, tooltip=[alt.Tooltip("x:Q", title="epochs", format=",~g"), alt.Tooltip("y:Q", format=".3g")])
    )
    rule = alt.Chart(pd.DataFrame({"y": [rounding]})).mark_rule(strokeDash=[2, 4], color="gray").encode(y)
    return alt.layer(rule, points).properties(height=HEIGHT)
