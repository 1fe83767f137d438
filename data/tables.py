"""The data sets shipped with the project, each one function that returns a table."""

from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).parent


def thermometer() -> pd.DataFrame:
    """Eleven readings of an old thermometer: `t_c` in degrees Celsius, `t_u` in its unknown unit.

    Source: E. Stevens, L. Antiga, T. Viehmann, "Deep Learning with PyTorch", chapter 5.
    """
    return pd.read_csv(FOLDER / "thermometer.csv", dtype="float64")
