"""Fewer points with the same picture."""

import pandas as pd

BUCKETS = 300


def thin(table: pd.DataFrame, column: str, buckets: int = BUCKETS) -> pd.DataFrame:
    """At most `2 buckets + 2` rows: the first, the last, and of each bucket the least and the largest.

    The best value and every spike are thus kept. Rows whose `column` is NaN are left out.
    """
    table = table.dropna(subset=[column])
    if len(table) <= 2 * buckets + 2:
        return table
    rows = pd.Series(range(len(table)))
    values = table[column].reset_index(drop=True)
    groups = values.groupby(rows * buckets // len(table))
    kept = {0, len(table) - 1, *groups.idxmin(), *groups.idxmax()}
    return table.iloc[sorted(kept)]


def sample(table: pd.DataFrame, rows: int = 150) -> pd.DataFrame:
    """At most `rows` rows, evenly spaced, the first and the last among them."""
    if len(table) <= rows:
        return table
    kept = {round(i * (len(table) - 1) / (rows - 1)) for i in range(rows)}
    return table.iloc[sorted(kept)]
