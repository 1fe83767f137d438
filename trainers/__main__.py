"""Start of the command line: `python -m trainers`."""

import sys

try:
    import click  # noqa: F401
    import rich  # noqa: F401
except ImportError as error:
    sys.exit(f"The command line needs {error.name}: pip install click rich")

from trainers.more import named_in
from trainers.terminal.start import main

if named_in(" ".join(sys.argv)):  # these take seconds to import, and make no option of the help
    from trainers.optimizers.external import offer_more

    offer_more()
sys.exit(main())
