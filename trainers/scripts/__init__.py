"""Self-contained programs of runs: torch alone, as one would write them by hand."""

from trainers.scripts.run import Program, program

__all__ = ["Program", "program"]
