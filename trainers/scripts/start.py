"""Initial parameters of large problems as lines of a program."""

from functools import singledispatch

from trainers.problems import MLP, Problem, SoftmaxRegression


@singledispatch
def start_lines(problem: Problem, seed: int, cast: str) -> list[str]:
    """Return the lines that make the initial parameters of a seed: zeros, or standard normal.

    They are drawn in float64, as `Problem.start` does; `cast` is ".float()" for float32, else "".
    """
    return _zeros(problem) if seed == 0 else _normal(problem, seed, cast)


@start_lines.register
def _(problem: SoftmaxRegression, seed: int, cast: str) -> list[str]:
    return _zeros(problem) if seed == 0 else _normal(problem, seed, f".mul(0.1){cast}")


@start_lines.register
def _(problem: MLP, seed: int, cast: str) -> list[str]:
    shapes = ", ".join(f"({inputs}, {outputs})" for inputs, outputs in problem.layer_shapes)
    return [
        *_drawing(seed),
        "start = []  # as torch.nn.Linear does",
        f"for inputs, outputs in [{shapes}]:",
        "    uniform = torch.rand((inputs + 1) * outputs, **draw)",
        "    start.append((2 * uniform - 1) / inputs**0.5)",
        f"params = torch.cat(start){cast}",
    ]


def _zeros(problem: Problem) -> list[str]:
    return [f"params = torch.zeros({problem.num_params})"]


def _normal(problem: Problem, seed: int, cast: str) -> list[str]:
    return [*_drawing(seed), f"params = torch.randn({problem.num_params}, **draw){cast}"]


def _drawing(seed: int) -> list[str]:
    return [
        f"generator = torch.Generator().manual_seed({seed})",
        'draw = {"generator": generator, "dtype": torch.float64}',
    ]
