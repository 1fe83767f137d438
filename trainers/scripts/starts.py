"""Initial parameters of many runs as lines of a program: a column for each seed."""

from collections.abc import Sequence

from trainers.run import Run
from trainers.scripts.layout import tensor
from trainers.scripts.start import start_function

MAX_SEED = 2**31


def seeds_of(first: int, count: int) -> list[int]:
    """Return seeds as sweeps count them: the one after the largest is 0."""
    return [(first + place) % MAX_SEED for place in range(count)]


def functions(run: Run, seeds: Sequence[int]) -> list[str]:
    """Return the function that makes the initial parameters of a seed, or those of all runs."""
    if run.start is not None:
        return tensor("start", [repr(value) for value in run.start])
    return start_function(run.training, seeds, ".float()" if run.dtype == "float32" else "")


def columns(name: str, run: Run, seeds: Sequence[int], seeds_name: str = "seeds") -> list[str]:
    """Return the lines that make the seeds and the initial parameters `(n, seeds)`."""
    if run.start is not None:
        return [f"{name} = start[:, None]"]
    listed = f"range({seeds[0]}, {seeds[-1] + 1})" if seeds[-1] >= seeds[0] else f"{seeds}"
    return [
        f"{seeds_name} = {listed}",
        f"{name} = [start(seed) for seed in {seeds_name}]",
        f"{name} = torch.stack({name}, dim=1)",
    ]
