"""What a session of the page keeps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dashboard.controls import read
from dashboard.state import Page
from dashboard.tables import DataTab
from trainers.problems import Own


@dataclass(frozen=True)
class Shown:
    """A page with what a session needs to show it. It is kept and replaced as one value, never in part."""

    page: Page
    ids: tuple[int, ...] = ()
    """Names of its methods, for good: keys of controls, never used again for another run."""
    notes: tuple[str, ...] = ()
    data: DataTab = field(default_factory=DataTab)
    own: Own | None = None
    """The columns that a problem used last, for the next problem that can use them."""

    def turned(self, page: Page, ids: Sequence[int], notes: Sequence[str] = ()) -> "Shown":
        """Another page in the same session."""
        own = getattr(page.task.problem, "own", None) or self.own
        return replace(self, page=page, ids=tuple(ids), notes=tuple(notes), own=own)

    def edited(self, touched: Mapping[str, Any]) -> "Shown":
        """After somebody touched these controls: their values, by key. Never raises."""
        page, notes = read(touched, self.page, self.ids, self.own)
        return replace(self, data=self.data.read(touched)).turned(page, self.ids, notes)
