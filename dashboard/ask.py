"""The wish of a link to ask before it shows."""

from dataclasses import dataclass
from urllib.parse import quote_plus

from trainers.run import Method, Task
from trainers.words import quoted

MAX_QUESTION, MAX_ANSWER = 140, 60
"""Maximum numbers of characters in a question, and in an answer, of a link."""
RIGHT = "*"
"""Mark before the right answer."""
OWN_QUESTION = ("", "1")
"""What a link says that asks the comparison's own question."""
Comparison = tuple[Task, tuple[Method, ...], float]
"""A task, methods, and the target gap."""


@dataclass(frozen=True)
class Ask:
    """A question to be answered before this comparison is shown: by default its own, else that of a link."""

    about: Comparison
    text: str = ""
    answers: tuple[str, ...] = ()
    right: int = 0
    """Place of the answer that the link marks as right."""

    def write(self) -> str:
        """Format for a link."""
        if not self.text:
            return OWN_QUESTION[-1]
        marked = (RIGHT * (place == self.right) + answer for place, answer in enumerate(self.answers))
        return quote_plus("~".join([self.text, *marked]), safe="~*?,:")

    @classmethod
    def read(cls, link: str, about: Comparison) -> "Ask":
        """Parse the output of `write`; raises `ValueError` with the reason."""
        text, *answers = map(plain, link.split("~"))
        if not about[1]:
            raise ValueError("ask needs a run to ask about")
        if text in OWN_QUESTION and not answers:
            return cls(about)
        texts = tuple(answer.removeprefix(RIGHT).strip() for answer in answers)
        if reason := _fault(text, texts) or _fault_of_marks(answers):
            raise ValueError(f"ask {reason}")
        right = next(place for place, answer in enumerate(answers) if answer.startswith(RIGHT))
        return cls(about, text, texts, right)


def plain(text: str) -> str:
    """Return the text in one line, without characters that are not seen or turn the direction of others."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _fault(text: str, answers: tuple[str, ...]) -> str:
    """Return what is wrong with a question and its answers; "" if nothing."""
    if not 2 <= len(answers) <= 4:
        return f"must be 1, or a question and 2 to 4 answers with ~ between, got {len(answers)} answers"
    if not 1 <= len(text) <= MAX_QUESTION:
        return f"must have a question of 1 to {MAX_QUESTION} characters, got {len(text)}"
    for answer in answers:
        if not 1 <= len(answer) <= MAX_ANSWER:
            return f"must have answers of 1 to {MAX_ANSWER} characters, got {len(answer)}: {quoted(answer)}"
    twice = [answer for place, answer in enumerate(answers) if answer in answers[:place]]
    return f"must have different answers, got {quoted(twice[0])} twice" if twice else ""


def _fault_of_marks(answers: list[str]) -> str:
    marks = sum(answer.startswith(RIGHT) for answer in answers)
    return "" if marks == 1 else f"must have one answer marked with {RIGHT}, got {marks}"
