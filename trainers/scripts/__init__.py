"""Self-contained programs of runs, comparisons, sweeps and races: torch alone, as one would write them."""

from trainers.exports import Program, program
from trainers.scripts.comparison import comparison_program, run_program
from trainers.scripts.race import race_program
from trainers.scripts.run import RunCode, run_code
from trainers.scripts.sweep import sweep_program

__all__ = [
    "Program",
    "RunCode",
    "comparison_program",
    "program",
    "race_program",
    "run_code",
    "run_program",
    "sweep_program",
]
