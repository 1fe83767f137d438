"""Remarks say what is true of a run."""

from dataclasses import replace

import torch

from trainers import Run, train
from trainers.optimizers import LBFGS, SGD, AdamW, Muon, Rprop
from trainers.problems import MLP, Thermometer
from trainers.reports.remarks import remarks
from trainers.run import Method, Task
from trainers.schedules import StepLR


def test_without_matrices_muon_is_adamw() -> None:
    method = Method(optimizer=Muon(lr=0.1), runner="torch.optim")
    assert remarks(Task(), method) == ["This problem has no matrices: all of it is trained by AdamW."]
    assert remarks(Task(problem=MLP()), method) == []
    run = Run(problem=Thermometer(), optimizer=Muon(lr=0.1), runner="torch.optim", epochs=30)
    same = replace(run, optimizer=AdamW(lr=0.1, weight_decay=0.1))
    assert torch.equal(train(run).params, train(same).params)


def test_a_schedule_changes_only_the_first_step_of_rprop() -> None:
    method = Method(optimizer=Rprop(), schedule=StepLR(step_size=3))
    assert remarks(Task(), method) == [
        "Rprop uses lr for its first step only: a schedule changes only that one."
    ]
    for runner in ("manual", "torch.optim"):
        run = Run(optimizer=Rprop(), schedule=StepLR(step_size=3), runner=runner, epochs=30)
        assert torch.equal(train(run).params, train(replace(run, schedule=None)).params)
        warm = replace(run, schedule=StepLR(step_size=3, warmup=5, warmup_start=0.1))
        smaller = replace(run, optimizer=Rprop(lr=1e-3), schedule=None)
        torch.testing.assert_close(train(warm).params, train(smaller).params)


def test_what_is_made_for_full_batches_says_so_in_mini_batches() -> None:
    for optimizer, runner in ((LBFGS(), "torch.optim"), (Rprop(), "manual")):
        method = Method(optimizer=optimizer, runner=runner)
        assert len(remarks(Task(batch_size=4), method)) == 1
        assert remarks(Task(), method) == []
    assert remarks(Task(batch_size=4), Method(optimizer=SGD())) == []
