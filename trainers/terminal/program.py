"""Names of the commands, and exit codes."""

from collections.abc import Mapping

PROGRAM = "python -m trainers"
SUMMARIES: Mapping[str, str] = {
    "run": "Train one run.",
    "compare": "Train several runs and compare them.",
    "sweep": "Train an optimizer at many values of its hyperparameters.",
    "race": "Tune each optimizer with the same budget, then compare them.",
    "script": "Print a run as a program that needs torch alone.",
    "list": "List optimizers, problems and runners with their settings.",
}
"""The commands, and what each does."""
DAMAGED, DIVERGED, INTERRUPTED = 3, 4, 130
"""Exit codes for a damaged link, for a run that diverged if that is asked for, and for Ctrl-C.

Those of click are 1 for an error and 2 for wrong usage.
"""
