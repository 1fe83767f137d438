"""What the project costs, its runners beside the loops of "Deep Learning with PyTorch", chapter 5."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count, islice, product
from pathlib import Path
from statistics import median
from time import perf_counter
from urllib.parse import parse_qs

import torch
from streamlit.testing.v1 import AppTest
from torch import Tensor

from trainers import Axis, Run, Sweep, sweep, train
from trainers.optimizers import SGD, Adam, RMSprop
from trainers.page import Page
from trainers.presets import PRESETS
from trainers.problems.thermometer import readings
from trainers.run import Method, Task
from trainers.runners import RUNNERS

REPEATS, EPOCHS, LR = 15, 2000, 1e-2
APP = Path(__file__).parent.parent / "streamlit_app.py"
FOUR = (SGD(lr=LR), SGD(lr=1e-3, momentum=0.9), RMSprop(lr=1e-2), Adam(lr=1e-1))
TWELVE = tuple(Method(optimizer=optimizer, runner=runner) for optimizer, runner in product(FOUR, RUNNERS))
PAGES = {"default page, 3 runs": "", "12 runs x 5000 epochs": Page(Task(epochs=5000), TWELVE).to_query()}
RATES = (LR + 1e-5 * number for number in count(1))  # each of them new to the cache
DESIGN, T_C = readings("x0.1", torch.float32, 1)
T_U = DESIGN[:, 0].contiguous()


def model(t_u: Tensor, w: Tensor, b: Tensor) -> Tensor:
    return w * t_u + b


def loss_fn(t_p: Tensor, t_c: Tensor) -> Tensor:
    return ((t_p - t_c) ** 2).mean()


def dloss_fn(t_p: Tensor, t_c: Tensor) -> Tensor:
    return 2 * (t_p - t_c) / t_p.size(0)


def grad_fn(t_u: Tensor, t_c: Tensor, t_p: Tensor) -> Tensor:
    dloss_dtp = dloss_fn(t_p, t_c)
    return torch.stack([(dloss_dtp * t_u).sum(), (dloss_dtp * 1.0).sum()])


def by_hand(run: Run) -> list[float]:
    params, losses, course = run.initial(), [], []
    for _ in range(run.epochs):
        t_p = model(T_U, *params)
        loss = loss_fn(t_p, T_C)
        losses.append(loss.item())
        course.append(params.detach().clone())
        grad = grad_fn(T_U, T_C, t_p)
        params = params - LR * grad
    return losses


def by_autograd(run: Run) -> list[float]:
    params, losses, course = run.initial().requires_grad_(), [], []
    params.grad = torch.zeros_like(params)
    for _ in range(run.epochs):
        params.grad.zero_()
        loss = loss_fn(model(T_U, *params), T_C)
        losses.append(loss.item())
        course.append(params.detach().clone())
        loss.backward()
        with torch.no_grad():
            params -= LR * params.grad
    return losses


def by_torch_optim(run: Run) -> list[float]:
    params, losses, course = run.initial().requires_grad_(), [], []
    optimizer = run.optimizer.torch(params)
    for _ in range(run.epochs):
        loss = loss_fn(model(T_U, *params), T_C)
        losses.append(loss.item())
        course.append(params.detach().clone())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return losses


PLAIN = {"manual": by_hand, "autograd": by_autograd, "torch.optim": by_torch_optim}


def epochs() -> None:
    """The three runners beside the plain loops."""
    rows = [["", "train", "plain loop", "ratio"]]
    runs = [Run(optimizer=SGD(lr=LR), runner=runner, epochs=EPOCHS) for runner in RUNNERS]
    for run in [*runs, replace(runs[-1], optimizer=Adam(lr=1e-1))]:
        pairs = in_turns(run)
        times = [f"{1e6 * median(times) / EPOCHS:.1f} us" for times in zip(*pairs, strict=True)]
        rows.append([run.label, *times, f"{median(ours / plain for ours, plain in pairs):.2f}"])
    table(f"Time per epoch, median of {REPEATS} pairs of {EPOCHS} epochs; goal: ratio at most 1.10", rows)


def sweeps() -> None:
    """Adam runs at many rates as one sweep, beside the plain loop of one run."""
    run, rows = (
        Run(optimizer=Adam(), runner="torch.optim", epochs=EPOCHS),
        [["runs", "us", "plain loop us", "times cheaper"]],
    )
    for runs in (10, 100, 1000, 10_000):
        asked = Sweep(run, {"lr": Axis(1e-4, 10, runs, log=True)})
        sweep(asked)
        pairs = [(sweep(asked).seconds / runs, seconds(by_torch_optim, run)) for _ in range(3)]
        ours, plain = (1e6 * median(times) / EPOCHS for times in zip(*pairs, strict=True))
        cheaper = median(theirs / mine for mine, theirs in pairs)
        rows.append([f"{runs:,}", f"{ours:.4f}", f"{plain:.1f}", f"{cheaper:,.0f}"])
    table(f"A sweep of Adam runs, time per run and epoch, median of 3 pairs of {EPOCHS} epochs", rows)


def in_turns(run: Run) -> list[tuple[float, float]]:
    """The seconds of `train` and of the plain loop in turns, after a warm-up that compares their losses."""
    plain = PLAIN[run.runner]
    torch.testing.assert_close(train(run).loss[:-1], torch.tensor(plain(run)), rtol=1e-3, atol=0)
    return [(seconds(train, run), seconds(plain, run)) for _ in range(REPEATS)]


def reruns() -> None:
    """How long the server takes to answer a click."""
    rows = [["", "nothing changed", "one run changed, less its training"]]
    for name, query in PAGES.items():
        rows.append([name, cached(opened(query)), changed(query)])
    stopped = AppTest.from_string("import streamlit as st\nst.stop()\n" + APP.read_text())
    rows.append(["of this AppTest, which compiles the page each time", cached(stopped), "-"])
    table(f"Page rerun on the server, median of {REPEATS}; goal: at most 100 ms", rows)


def cached(at: AppTest) -> str:
    """The time of a rerun that finds everything in the cache."""
    return f"{1e3 * median(rerun(at) for _ in range(REPEATS)):.0f} ms"


def changed(query: str) -> str:
    """The time of a rerun with a new rate in the first run, less that of training it alone."""
    at, (page, _) = opened(query), Page.from_query(query, otherwise=PRESETS[0].page)
    spent = []
    for lr in islice(RATES, REPEATS):
        at.number_input(key="0.SGD.lr").set_value(lr)
        spent.append(rerun(at) - train(replace(page.runs[0], optimizer=SGD(lr=lr))).seconds)
    return f"{1e3 * median(spent):.0f} ms"


def sizes() -> None:
    """What the browser receives to show a page, before compression."""
    rows = [["", "chart data", "chart spec", "all else", "sum"]]
    for name, query in PAGES.items():
        at = opened(query)
        chart = at.get("vega_lite_chart")[0].proto
        whole = sum(node.proto.ByteSize() for node in (*at.main, *at.sidebar) if node.proto)
        data, spec = sum(len(dataset.data.data) for dataset in chart.datasets), len(chart.spec.encode())
        rows.append([name, *(f"{size:,}" for size in (data, spec, whole - data - spec, whole))])
    table("Bytes sent to the browser", rows)


def opened(query: str) -> AppTest:
    """A new session with the page of this query string."""
    at = AppTest.from_file(str(APP), default_timeout=60)
    at.query_params.update(parse_qs(query))
    rerun(at)
    return at


def rerun(at: AppTest) -> float:
    """The seconds of a rerun, which must not fail."""
    spent = seconds(at.run)
    assert not at.exception, at.exception[0].value
    return spent


def seconds(action: Callable[..., object], *arguments: object) -> float:
    began = perf_counter()
    action(*arguments)
    return perf_counter() - began


def table(title: str, rows: Sequence[Sequence[str]]) -> None:
    first, *others = [max(map(len, column)) for column in zip(*rows, strict=True)]
    print(f"\n{title}")
    for name, *cells in rows:
        print(name.ljust(first), *map(str.rjust, cells, others), sep="  ")


if __name__ == "__main__":
    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").disabled = True
    torch.set_num_threads(1)
    for section in (epochs, sweeps, reruns, sizes):
        section()
