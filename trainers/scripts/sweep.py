"""Programs of sweeps: all points of a grid, or quasi-random ones, trained at once."""

from collections.abc import Sequence

from trainers.exports import Program, program
from trainers.optimizers.code import literal
from trainers.scripts import starts
from trainers.scripts.charts import POINTS, heat_chart
from trainers.scripts.functions import function_name
from trainers.scripts.head import data_of, imports, task_code
from trainers.scripts.layout import call, indented, tensor
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
from trainers.scripts.parts import assembled, separated
from trainers.scripts.scores import MIDDLE, failing, limit_lines
from trainers.sweeps.spec import Sweep
from trainers.words import format_epochs

BEST = 5
PRINTED = (
    "failed, gone = score.isinf().sum(), diverged.sum()",
    'print(f"{len(score)} runs, {failed} failed, {gone} diverged")',
    f"for row in score.argsort(stable=True)[:{BEST}].tolist():",
    "    best = {key: v[row].item() for key, v in points.items()}",
    '    print(f"{best}: {score[row].item()}")',
)


@program.register
def sweep_program(spec: Sweep, names: Sequence[str] | None = None) -> Program:
    """Return the program of a sweep; it prints how many runs failed, and the best with their gap or loss."""
    run, code = spec.run, task_code(spec.run)
    check_size(run, spec.size)
    by_seed = in_batches_by_seed(run, spec.seeds > 1)
    function = function_name(run.optimizer, ())
    seeds = starts.seeds_of(run.seed, int(spec.seeds))
    sobol = spec.num_points is not None and bool(spec.axes)
    end = [*failing(run), "return score, diverged"]
    parts = {
        "Data": [*imports(run, code, many_imports(spec.axes.values(), sobol, run)), *code.data],
        "Model and loss": separated(
            [code.loss, *runs_at_once(run, code, by_seed), starts.functions(run, seeds), MIDDLE]
        ),
        "Training": separated(
            [
                factor_function(run, spec.swept),
                update_function(function, run.optimizer, list(spec.swept), run),
                training(run, code, [run.optimizer], (), (), end, by_seed),
            ]
        ),
        "Search": separated([*axes_lines(spec.axes.values()), _points(spec, sobol)]),
        "Runs": [
            *starts.columns("starts", run, seeds),
            *limit_lines(run, code, spec.limit),
            "",
            *_trained(spec, function, by_seed),
        ],
    }
    drawn = {"Best runs": POINTS}
    if len(spec.axes) == 2 and not sobol and spec.seeds == 1:
        x, y = spec.axes
        drawn["Heat map"] = heat_chart(x, y, run)
    title = f"{type(run.problem).__name__}, {spec.size:,} runs of {format_epochs(run.epochs)}"
    return assembled(
        title, [run.label] if names is None else names, parts, PRINTED, drawn, data_of(run, code)
    )


def _points(spec: Sweep, sobol: bool) -> list[str]:
    """Return the lines that make the points: the values of each swept hyperparameter."""
    if spec.points:
        lines = []
        for name, values in spec.points.items():
            lines += tensor(name, [literal(value) for value in values], ", dtype=torch.float64")
    elif sobol:
        lines = [
            f"engine = SobolEngine({len(spec.axes)}, scramble=True, seed={spec.run.seed})",
            f"shares = engine.draw({spec.num_points}, dtype=torch.float64).T",
        ]
        for place, (name, axis) in enumerate(spec.axes.items()):
            lines += axis_values(name, axis, f"shares[{place}]")
    else:
        lines = []
        for name, axis in spec.axes.items():
            lines += [f"share = torch.linspace(0, 1, {axis.count}, dtype=torch.float64)"]
            lines += axis_values(name, axis, "share")
    grid = len(spec.axes) > 1 and not sobol
    names = ", ".join(spec.axes)
    lines += [*call(f"{names} = torch.meshgrid(", [*spec.axes, 'indexing="ij"'])] * grid
    each = [f'"{name}": {name}{".flatten()" if grid else ""}' for name in spec.swept]
    return [*lines, "points = {", *indented([f"{item}," for item in each]), "}"]


def _trained(spec: Sweep, function: str, by_seed: bool) -> list[str]:
    """Return the lines that train all runs."""
    settings = []
    for name in spec.swept:
        more = f".repeat_interleave({spec.seeds})" if spec.seeds > 1 else ""
        settings.append(f'{name}=points["{name}"]{more}')
    given = [function, f"starts.repeat(1, {spec.num_settings})", *["seeds"] * by_seed]
    lines = call("score, diverged = train(", [*given, *settings])
    if spec.seeds == 1:
        return lines
    each = f"key: v.repeat_interleave({spec.seeds}) for key, v in points.items()"
    return [*lines, "points = {", f"    {each}", "}"]
