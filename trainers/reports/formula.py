"""What is known of a problem that is typed as a formula."""

from trainers.problems import Formula, Problem
from trainers.words import format_number


def smallest_summary(problem: Problem) -> str:
    """Return a sentence on the smallest value found in the window of a formula; "" for other problems."""
    if not isinstance(problem, Formula):
        return ""
    loss, (x, y) = problem.found_minimum
    low, high = map(format_number, problem.window[0])
    at = f"({format_number(x, 4)}, {format_number(y, 4)})"
    return f"Smallest value found for x and y from {low} to {high}: {format_number(loss, 6)} at {at}."
