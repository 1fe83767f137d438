"""The tables of the documents are those that the studies print, and what the text says of them is true."""

import pytest
import torch

from tests.studies import published, verdicts
from tests.studies.profile import performance_profile
from tests.studies.tables import METHOD, PUBLISHED, kept


def test_a_profile_counts_problems_within_a_factor() -> None:
    scores = torch.tensor([[1.0, 1.5, torch.inf], [4.0, 2.0, 2.0], [torch.inf] * 3, [5.0, 50.0, 5.4]])
    found = performance_profile(scores, [1, 1.1, 2, 100])
    assert found.tolist() == [
        [0.5, 0.5, 0.75, 0.75],
        [0.25, 0.25, 0.5, 0.75],
        [0.25, 0.5, 0.5, 0.5],
    ]
    with pytest.raises(ValueError, match="above 0, got 0"):
        performance_profile(torch.zeros(1, 2), [1])


def cells(text: str) -> dict[str, list[str]]:
    rows = [line.strip("| ").split(" | ") for line in text.splitlines()[2:]]
    return {row[0]: row[1:] for row in rows}


def test_the_text_says_what_the_tables_have() -> None:
    budgets = cells(kept(PUBLISHED, "budgets"))
    first = {name: int(row[0]) for name, row in budgets.items()}
    assert max(first, key=first.__getitem__) == "Adam"
    assert first["Adam"] > 19 / 2
    profile = cells(kept(PUBLISHED, "profile"))
    assert profile["Adam, tuned"][0] == "84%"
    assert profile["SGD, tuned"][0] == "37%"
    inclusion = cells(kept(PUBLISHED, "inclusion"))
    assert sum("SGD beats Adam" in row[-1] for row in inclusion.values()) == 1
    for name, row in cells(kept(METHOD, "verdicts")).items():
        assert row[2].startswith("0 of"), name
        against, told = map(int, row[3].split(" of "))
        assert against <= 0.05 * told, name


@pytest.mark.slow
@pytest.mark.parametrize("name", published.TABLES)
def test_a_published_result_is_as_printed(name: str) -> None:
    assert published.TABLES[name]() == kept(PUBLISHED, name)


@pytest.mark.slow
def test_defaults_suffice_as_often_as_the_text_says() -> None:
    found = published.defaults_suffice()
    text = PUBLISHED.read_text(encoding="utf-8").replace("\n", " ")
    assert len(published.races()) == 19
    assert (found["Adam"], found["RMSprop"], found["SGD"]) == (7, 12, 11)
    assert "as Adam tuned on 7 problems of 19, as RMSprop tuned on 12, as SGD tuned on 11" in text


@pytest.mark.slow
def test_verdicts_are_as_printed() -> None:
    assert verdicts.table() == kept(METHOD, "verdicts")
