"""The same Adam runs trained by five engines: all report final and best loss, arrival and divergence."""

import ctypes
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import torch

from tests.bench import seconds, table
from tests.bench.loops import by_torch_optim
from trainers import Axis, Race, Run, Sweep, charts, race, sweep
from trainers.optimizers import Adam
from trainers.problems import Thermometer
from trainers.sweeps.record import loss_threshold

PICTURE = Path(__file__).parents[2] / "docs" / "engines.svg"
SIZES = {1: 2000, 100: 2000, 1000: 2000, 10_000: 2000, 100_000: 500}
"""Epochs by number of runs."""
TURNS = 3
BETA1, BETA2, EPS = 0.9, 0.999, 1e-8
DESIGN, T_C = (tensor.numpy() for tensor in Thermometer().data.to(torch.float32))
T_U = np.ascontiguousarray(DESIGN[:, 0])
LEVEL = loss_threshold(Thermometer().minimum, 1e-2, torch.float32)
FLAGS = ["-O3", "-march=native", "-fopenmp-simd", "-fno-math-errno", "-shared", "-fPIC"]
JAX = "install requirements-bench.txt to compare with JAX"


def rates(runs: int) -> np.ndarray:
    return np.geomspace(1e-4, 10, runs).astype(np.float32)


def ours(runs: int, epochs: int) -> np.ndarray:
    run = Run(optimizer=Adam(lr=1e-4), epochs=epochs)
    axes = {"lr": Axis(1e-4, 10, runs, log=True)} if runs > 1 else {}
    return sweep(Sweep(run, axes)).final_loss.numpy()


def plain(runs: int, epochs: int) -> None:
    """The usual loop over one run, whatever `runs` is: others would take as long again each."""
    by_torch_optim(Run(optimizer=Adam(lr=1e-1), runner="torch.optim", epochs=epochs))


@cache
def library(*flags: str) -> Any:
    source = Path(__file__).with_name("adam.c")
    with TemporaryDirectory() as folder:
        target = Path(folder) / "adam.so"
        subprocess.run(["gcc", *FLAGS, *flags, str(source), "-o", str(target), "-lm"], check=True)
        adam = ctypes.CDLL(str(target)).adam
    array = np.ctypeslib.ndpointer(np.float32)
    adam.argtypes = [ctypes.c_size_t, ctypes.c_int, ctypes.c_int, *3 * [array]]
    adam.argtypes += [*4 * [ctypes.c_float], *12 * [array]]
    adam.restype = None
    return adam


def in_c(runs: int, epochs: int, *flags: str) -> np.ndarray:
    state = np.zeros((12, runs), np.float32)
    state[0], state[9] = 1, np.inf
    adam, numbers = library(*flags), (BETA1, BETA2, EPS, LEVEL)
    adam(runs, epochs, len(T_U), T_U, T_C, rates(runs), *numbers, *state)
    return state[6]


def in_c_unrolled(runs: int, epochs: int) -> np.ndarray:
    return in_c(runs, epochs, f"-DROWS={len(T_U)}")


@cache
def program(epochs: int, runs_last: bool) -> Any:
    """A function of the rates, jitted: JAX with optax, its arrays as ours, or one run under `vmap`."""
    import jax
    import jax.numpy as jnp
    import optax

    moments = optax.scale_by_adam(BETA1, BETA2, EPS)
    t_u, t_c = (column[:, None] if runs_last else column for column in (T_U, T_C))

    def loss(params: Any) -> tuple[Any, Any]:
        w, b = params
        losses = ((w * t_u + b - t_c) ** 2).mean(0)
        return losses.sum(), losses

    def train(lr: Any) -> tuple[Any, ...]:
        def epoch(_: int, carry: tuple[Any, ...]) -> tuple[Any, ...]:
            params, state, _, best, waited, lived = carry
            (_, losses), gradient = jax.value_and_grad(loss, has_aux=True)(params)
            best = jnp.minimum(best, losses)
            waited, lived = waited + (best > LEVEL), lived + jnp.isfinite(losses)
            direction, state = moments.update(gradient, state)
            return params - lr * direction, state, losses, best, waited, lived

        params, zero = jnp.stack([jnp.ones_like(lr), jnp.zeros_like(lr)]), jnp.zeros_like(lr)
        begin = (params, moments.init(params), zero, zero + jnp.inf, zero, zero)
        return jax.lax.fori_loop(0, epochs + 1, epoch, begin)[2:]

    return jax.jit(train if runs_last else jax.vmap(train))


def in_jax(runs: int, epochs: int, runs_last: bool = True) -> np.ndarray:
    return np.asarray(program(epochs, runs_last)(rates(runs))[0])


def in_jax_vmap(runs: int, epochs: int) -> np.ndarray:
    return in_jax(runs, epochs, runs_last=False)


def in_jax_compiled(runs: int, epochs: int) -> np.ndarray:
    program.cache_clear()
    return in_jax(runs, epochs)


ENGINES: dict[str, Callable[[int, int], Any]] = {
    "sweep": ours,
    "JAX": in_jax,
    "JAX, vmap": in_jax_vmap,
    "JAX + compiling": in_jax_compiled,
    "C": in_c,
    "C, unrolled": in_c_unrolled,
    "plain loop": plain,
}


def available() -> dict[str, Callable[[int, int], Any]]:
    without = [] if find_spec("jax") and find_spec("optax") else ["JAX"]
    without += [] if which("gcc") else ["C"]
    return {name: engine for name, engine in ENGINES.items() if not name.startswith(tuple(without))}


def engines() -> None:
    """Time per run and epoch, all engines in turns on one core; then the peak of memory."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # JAX takes all cores it sees
    present, rows, points = available(), [], []
    for runs, epochs in SIZES.items():
        spent = turns(present, runs, epochs)
        costs = {name: 1e6 * median(times) for name, times in spent.items()}
        rows.append([f"{runs:,} x {epochs:,}", *(f"{cost:.4f}" for cost in costs.values())])
        rows.append(["  sweep is cheaper by", *(ratio(spent[name], spent["sweep"]) for name in present)])
        points += [{"engine": name, "runs": runs, "cost": cost} for name, cost in costs.items()]
    table(f"Adam: us per run and epoch, median of {TURNS} turns", [["runs x epochs", *present], *rows])
    print("C runs over the readings given to it; unrolled, it is compiled for eleven of them.")
    PICTURE.write_text(picture(pd.DataFrame(points)), encoding="utf-8")
    sizes = (10_000, 100_000)
    rows = [
        [name, *(f"{peak(name, runs):.0f} MB" for runs in sizes)] for name in present if name != "plain loop"
    ]
    table("Peak memory above that after the imports", [["", *(f"{runs:,} runs" for runs in sizes)], *rows])


def picture(points: pd.DataFrame) -> str:
    """The costs as a chart for the README."""
    log = alt.Scale(type="log")
    lines = (
        alt.Chart(points)
        .mark_line(point=True)
        .encode(
            alt.X("runs:Q", scale=log, title="runs trained together", axis=alt.Axis(format="~s", grid=False)),
            alt.Y("cost:Q", scale=log, title="microseconds per run and epoch", axis=alt.Axis(format="~g")),
            alt.Color("engine:N", sort=None, title=None),
        )
    )
    return charts.svg(alt.LayerChart(layer=[lines], height=300))


def races() -> None:
    """The default race beside ten plain loops as long as one of its runs."""
    asked, rows = Race(), [["", "default race", "ten plain runs", "ratio"]]
    race(asked)
    pairs = [(race(asked).seconds, 10 * seconds(plain, 1, asked.epochs)) for _ in range(TURNS)]
    ours, theirs = (median(times) for times in zip(*pairs, strict=True))
    share = median(a / b for a, b in pairs)
    rows.append([f"{asked.size:,} runs", f"{ours:.2f} s", f"{theirs:.2f} s", f"{share:.2f}"])
    table(f"A race beside ten runs of torch.optim.Adam, median of {TURNS}; goal: ratio below 1", rows)


def turns(present: dict[str, Callable[[int, int], Any]], runs: int, epochs: int) -> dict[str, list[float]]:
    """The seconds of each engine per run and epoch, in turns, after a warm-up that compares their results."""
    expected = ours(runs, epochs)
    for name, engine in present.items():
        if name != "plain loop":
            calm = rates(runs) < 0.1  # where rounding does not decide
            np.testing.assert_allclose(engine(runs, epochs)[calm], expected[calm], rtol=1e-3)
    spent: dict[str, list[float]] = {name: [] for name in present}
    for _ in range(TURNS):
        for name, engine in present.items():
            trained = 1 if name == "plain loop" else runs
            spent[name].append(seconds(engine, runs, epochs) / trained / epochs)
    return spent


def ratio(theirs: list[float], ours: list[float]) -> str:
    value = median(a / b for a, b in zip(theirs, ours, strict=True))
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"


def peak(name: str, runs: int) -> float:
    """The megabytes an engine takes at most, in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.engines", name, str(runs)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def growth(action: Callable[[], object]) -> float:
    """The megabytes by which this process grows at most while it acts, looked up every 2 ms."""
    done, sizes = Event(), [resident()]

    def watch() -> None:
        while not done.wait(0.002):
            sizes.append(resident())

    watcher = Thread(target=watch)
    watcher.start()
    action()
    done.set()
    watcher.join()
    return max(sizes) - sizes[0]


def resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


if __name__ == "__main__":
    torch.set_num_threads(1)
    name, runs = sys.argv[1], int(sys.argv[2])
    if name.startswith("JAX"):
        import optax  # noqa: F401
    print(growth(lambda: ENGINES[name](runs, SIZES[runs])))
