"""Start of the command line: `python -m trainers`."""

import sys

try:
    import click  # noqa: F401
    import rich  # noqa: F401
except ImportError as error:
    sys.exit(f"The command line needs {error.name}: pip install click rich")

from trainers.terminal.start import main

sys.exit(main())
