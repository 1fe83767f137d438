"""The datasets shipped with the project, one function each, which return tables."""

from pathlib import Path

import pandas as pd

INSTALLED = Path(__file__).parent / "files"
FOLDER = INSTALLED if INSTALLED.exists() else Path(__file__).parents[2] / "data"
"""A wheel has the files of `data/` beside this module."""


def thermometer() -> pd.DataFrame:
    """Eleven readings of an old thermometer: `t_c` in degrees Celsius, `t_u` in its unknown unit.

    Source: E. Stevens, L. Antiga, T. Viehmann, "Deep Learning with PyTorch", chapter 5.
    """
    return pd.read_csv(FOLDER / "thermometer.csv", dtype="float64")


def digits() -> pd.DataFrame:
    """1,797 handwritten digits: 64 pixels from 0 to 16, row by row, and the `digit` they show.

    Source: E. Alpaydin, C. Kaynak 1998, "Optical Recognition of Handwritten Digits", UCI Machine Learning
    Repository, doi 10.24432/C50P49, its test set. License: CC BY 4.0; see `digits.txt`.
    """
    names = [f"pixel {row},{column}" for row in range(8) for column in range(8)]
    return pd.read_csv(FOLDER / "digits.csv.gz", header=None, names=[*names, "digit"], dtype="int64")
