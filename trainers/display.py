"""Results that show themselves in a notebook."""

from importlib import import_module
from typing import Any


class NotebookDisplay:
    """Base of results that Jupyter shows as sentences, a table and, with altair installed, a chart."""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Return the text of each MIME type, for IPython."""
        # By name, as it is above all that a result may import, and needed in a notebook alone.
        bundle: dict[str, str] = import_module("trainers.notebook").mimebundle(self)
        return bundle
