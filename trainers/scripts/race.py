"""Programs of races: the trials of each optimizer, and its best trial with new seeds."""

from collections.abc import Mapping, Sequence

from trainers.exports import Program, program
from trainers.optimizers import Optimizer
from trainers.optimizers.code import literal
from trainers.problems.floor import SUM
from trainers.races.spec import NEW_SEEDS, Race
from trainers.run import Run
from trainers.scripts import starts
from trainers.scripts.charts import RANKING, trials_chart
from trainers.scripts.functions import function_name, keywords, reals, string
from trainers.scripts.head import data_of, imports, task_code
from trainers.scripts.layout import WIDTH, call, indented
from trainers.scripts.many_runs import (
    axes_lines,
    axis_values,
    check_size,
    factor_function,
    in_batches_by_seed,
    many_imports,
    runs_at_once,
    training,
    update_function,
)
from trainers.scripts.parts import assembled, distinct, separated
from trainers.scripts.problem import ProblemCode
from trainers.scripts.scores import MIDDLE, failing, limit_lines
from trainers.sweeps.axis import Axis
from trainers.words import format_epochs

POINTS = (
    "def points(space):",
    "    engine = SobolEngine(len(space), scramble=True, seed=SEED)",
    "    shares = engine.draw(TRIALS, dtype=torch.float64).T",
    "    found = {}",
    "    for share, name in zip(shares, space):",
    "        axis, low, high = space[name]",
    "        values = rounded(axis(share, low, high), 4)",
    "        found[name] = values.clamp(low, high)",
    "    return found",
)
PRINTED = (
    "results.sort(key=lambda row: row[2])",
    "for name, best, tuned, plain, scores, trials in results:",
    "    failed = scores.isinf().sum().item()",
    '    print(f"{name}: {best}, tuned {tuned}, "',
    '          f"default lr {plain}, {failed} failed")',
)


@program.register
def race_program(spec: Race, names: Sequence[str] | None = None) -> Program:
    """Return the program of a race; it prints the ranking.

    A line has the name, the hyperparameters of the best trial, its median score with new seeds, that at
    the default learning rate, and how many trials failed.
    """
    if len(spec.looks) > 1:
        raise NotImplementedError("A race until decided can't be written as a program")
    run, code = spec.run(spec.optimizers[0]), task_code(spec)
    check_size(run, spec.trials * spec.seeds)
    by_seed = in_batches_by_seed(run, True)
    names = distinct([spec.name_of(each) for each in spec.optimizers] if names is None else names)
    seeds = starts.seeds_of(spec.seed, spec.seeds)
    new_seeds = starts.seeds_of(spec.seed + NEW_SEEDS, spec.seeds)
    spaces = [spec.space(each) for each in spec.optimizers]
    axes = [axis for space in spaces for axis in space.values()]
    sobol = spec.tune == "all"
    functions = _functions(spec)
    parts = {
        "Data": [*imports(run, code, many_imports(axes, sobol, run)), *code.data],
        "Model and loss": separated(
            [
                code.loss,
                *runs_at_once(run, code, by_seed),
                starts.functions(run, [*seeds, *new_seeds]),
                MIDDLE,
            ]
        ),
        "Optimizers": separated(_updates(run, functions, spaces)),
        "Training": training(run, code, spec.optimizers, *_measure(spec), by_seed),
        "Search": separated([*axes_lines(axes), *_search(spec)]),
        "Settings": [
            *starts.columns("starts", run, seeds),
            *starts.columns("new_starts", run, new_seeds, "new_seeds"),
            *_limits(spec, code),
            *_entries(spec, names, list(functions)),
        ],
        "Race": _race(spec, by_seed),
    }
    drawn = {"Ranking": RANKING, "Trials": trials_chart(spec)}
    title = f"{type(spec.problem).__name__}, {spec.trials} trials each, {format_epochs(spec.epochs)}"
    return assembled(title, names, parts, PRINTED, drawn, data_of(spec, code))


def _functions(race: Race) -> dict[str, Optimizer]:
    """Return the optimizers by the names of their functions."""
    functions: dict[str, Optimizer] = {}
    for each in race.optimizers:
        functions[function_name(each, functions)] = each
    return functions


def _updates(
    run: Run, functions: Mapping[str, Optimizer], spaces: Sequence[Mapping[str, Axis]]
) -> list[Sequence[str]]:
    """Return the functions of the learning rate's factor and of the optimizers."""
    steps = zip(functions.items(), spaces, strict=True)
    each = [update_function(name, optimizer, list(space), run) for (name, optimizer), space in steps]
    return [factor_function(run, spaces[0]), *each]


def _limits(race: Race, code: ProblemCode) -> list[str]:
    """Return the lines that say what a score needs to know."""
    if race.metric == "epochs":
        return [f"minimum = {race.training.minimum!r}  # known exactly"]
    return limit_lines(race.run(race.optimizers[0]), code, race.limit)


def _measure(race: Race) -> tuple[list[str], list[str], list[str]]:
    """Return the lines of `train` before the loop, at each epoch, and after it, that make the score."""
    task = race.run(race.optimizers[0])
    if race.metric == "epochs":
        near = [
            "gap = loss.double() - minimum",
            f"near = ~diverged & (gap <= {literal(race.target)})",
            "score = score.clamp(max=epoch)",
            "score[~near] = torch.inf",
        ]
        return ["score = torch.full(params.shape[1:], torch.inf)"], near, ["return score"]
    if race.metric == "best":
        first, each = "best = torch.full(params.shape[1:], torch.inf)", "best = torch.minimum(best, loss)"
        return [first], [each], [*failing(task, "best"), "return score"]
    return [], [], [*failing(task), "return score"]


def _search(race: Race) -> list[Sequence[str]]:
    """Return the lines that make the points of the search."""
    if race.tune == "all":
        seed, trials = f"seed={race.seed}", str(race.trials)
        return [[line.replace("seed=SEED", seed).replace("TRIALS", trials) for line in POINTS]]
    axis = race.space(race.optimizers[0])["lr"]
    return [
        [
            f"share = torch.linspace(0, 1, {race.trials}, dtype=torch.float64)",
            *axis_values("lrs", axis, "share"),
        ]
    ]


def _ties(race: Race) -> list[str]:
    """Return the lines that find the best trials: several, if only rounding tells them apart."""
    if race.metric == "epochs":
        return ["ties = (scores == scores.min()).nonzero().flatten()"]
    floor = ["off += rounding"] * (race.training.minimum is not None)
    return [
        "least = scores.min()",
        f"off = {SUM} * torch.finfo(torch.{race.dtype}).eps * least.abs()",
        *floor,
        "ties = (scores <= least + off).nonzero().flatten()",
    ]


def _entries(race: Race, names: Sequence[str], functions: Sequence[str]) -> list[str]:
    """Return the lines that list the optimizers, each with its default settings and, if needed, its space."""
    lines = ["optimizers = {"]
    for name, function, optimizer in zip(names, functions, race.optimizers, strict=True):
        space = race.space(optimizer)
        values = reals(optimizer) | {"lr": reals(type(optimizer)())["lr"]}
        default = f"dict({', '.join(keywords({each: values[each] for each in space}))})"
        head, items = f"{string(name)}: (", [function, default]
        if race.tune == "all":
            ranges = call("dict(", [_range(each, axis) for each, axis in space.items()], WIDTH - 8)
            inner = [f"{item}," for item in items] + ranges[:-1] + [f"{ranges[-1]},"]
            lines += indented([head, *indented(inner), ")"])
        else:
            lines += indented(call(head, items, WIDTH - 5))
        lines[-1] += ","
    return [*lines, "}"]


def _range(name: str, axis: Axis) -> str:
    return f"{name}=({'log_axis' if axis.log else 'axis'}, {literal(axis.low)}, {literal(axis.high)})"


def _race(race: Race, by_seed: bool) -> list[str]:
    """Return the loop over the optimizers."""
    old, new = ("many, seeds", "*new") if by_seed else ("many", "new_starts")
    all_tuned, several = race.tune == "all", race.seeds > 1
    more = f".repeat_interleave({race.seeds})" if several else ""
    return [
        *["new = new_starts, new_seeds"] * by_seed,
        "results = []",
        f"for name, (optimizer, default{', space' * all_tuned}) in optimizers.items():",
        "    trials = points(space)" if all_tuned else '    trials = {"lr": lrs}',
        "    runs = {",
        f"        key: values{more}",
        "        for key, values in trials.items()",
        "    }",
        f"    many = starts.repeat(1, {race.trials})",
        f"    scores = train(optimizer, {old}, **runs)",
        f"    scores = middle(scores.view({race.trials}, {race.seeds}))",
        *indented(_ties(race)),
        "    place = ties[len(ties) // 2]",
        "    best = {",
        "        key: values[place].item()",
        "        for key, values in trials.items()",
        "    }",
        f"    tuned = train(optimizer, {new}, **best)",
        f"    plain = train(optimizer, {new}, **default)",
        "    row = name, best, middle(tuned).item()",
        "    row += (middle(plain).item(),)",
        "    results.append((*row, scores, trials))",
    ]
