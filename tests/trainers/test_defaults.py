"""The defaults that short links leave out, for each version: none changes without a new version.

Run `python -m tests.trainers.test_defaults` after adding a setting, or after raising `links.DEFAULTS`.
"""

import json
from typing import Any

from dashboard.context import View
from dashboard.state import DISPLAY, SETTINGS, TAB, Page
from tests.repository import ROOT
from trainers.links import DEFAULTS, write
from trainers.optimizers import OPTIMIZERS
from trainers.problems import PROBLEMS
from trainers.run import Method, Task
from trainers.settings import Settings, settings_of

GOLDEN = ROOT / "tests/golden/defaults.json"
WHY = f"a default of version {DEFAULTS} has changed: raise DEFAULTS in trainers/links.py"
HOW = "a setting is new: run `python -m tests.trainers.test_defaults`"


def defaults() -> dict[str, Any]:
    """The defaults of all settings, by class."""
    kinds: dict[str, type[Settings]] = {**OPTIMIZERS, **PROBLEMS, "task": Task, "run": Method, "view": View}
    found: dict[str, Any] = {
        name: {key: setting.write(setting.default) for key, setting in settings_of(kind).items()}
        for name, kind in (kinds | SETTINGS).items()
    }
    main = {"problem": write(Task().problem), "optimizer": write(Method()), "tab": TAB.default}
    return found | {"page": main | {"view": DISPLAY.default}}


def test_a_short_link_of_this_version_keeps_its_meaning() -> None:
    versions = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert list(versions)[-1] == DEFAULTS
    known, today = versions[DEFAULTS], defaults()
    changed = {
        f"{name}.{key}"
        for name, settings in known.items()
        for key, value in settings.items()
        if key in today.get(name, {}) and today[name][key] != value
    }
    assert not changed, WHY
    new = {f"{name}.{key}" for name in today for key in today[name].keys() - known.get(name, {}).keys()}
    assert not new, HOW


def test_a_page_of_defaults_is_named_by_its_version_alone() -> None:
    page = Page(methods=(Method(),))
    assert page.to_short_query() == f"run=SGD&v={DEFAULTS}"
    assert Page.from_query("run=SGD")[0] == page


if __name__ == "__main__":
    versions = json.loads(GOLDEN.read_text(encoding="utf-8")) if GOLDEN.exists() else {}
    text = json.dumps(versions | {DEFAULTS: defaults()}, indent=1, ensure_ascii=False)
    GOLDEN.write_text(text + "\n", encoding="utf-8")
