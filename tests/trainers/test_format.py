"""Numbers as text."""

import pytest

from trainers.words import format_at_most, format_beside, format_percent, whole_percent


@pytest.mark.parametrize(
    ("number", "other", "text"),
    [
        (0.1604, 0.16, "0.1604"),
        (0.1562, 0.158, "0.156"),
        (0.155, 0.155, "0.155"),
        (0.42, 0.01, "0.42"),
        (1234.4, 1234.0, "1234.4"),
        (12_345.0, 12_300.0, "12,345"),
        (-0.5, 0.01, "−0.5"),
        (float("inf"), 1.0, "inf"),
        (float("nan"), 1.0, "nan"),
    ],
)
def test_a_number_beside_another_reads_as_on_its_side(number: float, other: float, text: str) -> None:
    assert format_beside(number, other) == text


def test_a_percentage_is_100_of_all_alone() -> None:
    shares = (1.0, 0.99999, 0.9996, 0.99, 0.0004, 0.0000004, 0.0)
    told = ["100.0%", "99.999%", "99.96%", "99.0%", "0.04%", "4e-05%", "0.0%"]
    assert [format_percent(share) for share in shares] == told


@pytest.mark.parametrize(
    ("number", "text"),
    [(5.44e-5, "5.5e−05"), (5.4e-5, "5.4e−05"), (9.96, "10"), (0.0, "0"), (123.4, "130"), (1.0, "1")],
)
def test_a_bound_is_rounded_up(number: float, text: str) -> None:
    assert format_at_most(number) == text


def test_whole_percent_is_all_or_nothing_only_where_it_is() -> None:
    shares = (0, 0.001, 0.024, 0.5, 0.996, 1)
    assert [whole_percent(share) for share in shares] == ["0%", "1%", "2%", "50%", "99%", "100%"]
