"""Initial parameters of large problems as lines of a program."""

from functools import singledispatch

from trainers.problems import MLP, Problem, SoftmaxRegression


@singledispatch
def start_lines(problem: Problem, seed: int) -> list[str]:
    """Return the lines that make the initial parameters of a seed, float64: zeros, or standard normal."""
    return [ZEROS.format(problem.num_params)] if seed == 0 else _normal(problem.num_params, seed)


ZEROS = "params = torch.zeros({}, dtype=torch.float64)"


@start_lines.register
def _(problem: SoftmaxRegression, seed: int) -> list[str]:
    if seed == 0:
        return [ZEROS.format(problem.num_params)]
    return [*_normal(problem.num_params, seed), "params = 0.1 * params"]


@start_lines.register
def _(problem: MLP, seed: int) -> list[str]:
    shapes = ", ".join(f"({inputs}, {outputs})" for inputs, outputs in problem.layer_shapes)
    return [
        f"generator = torch.Generator().manual_seed({seed})",
        "start = []  # as torch.nn.Linear does",
        f"for inputs, outputs in [{shapes}]:",
        "    uniform = torch.rand(",
        "        (inputs + 1) * outputs,",
        "        generator=generator,",
        "        dtype=torch.float64,",
        "    )",
        "    start.append((2 * uniform - 1) / inputs**0.5)",
        "params = torch.cat(start)",
    ]


def _normal(size: int, seed: int) -> list[str]:
    return [
        f"generator = torch.Generator().manual_seed({seed})",
        "params = torch.randn(",
        f"    {size}, generator=generator, dtype=torch.float64",
        ")",
    ]
