"""Start the server: `python -m dashboard [--problem FILE.py:NAME] [options of streamlit run]`.

Unlike `streamlit run`, it checks the problem before the server starts.
"""

import os
import sys
from pathlib import Path

from dashboard.own_problem import VARIABLE, ProblemError, offer_problem, read_place


def main() -> None:
    try:
        place, others = read_place(sys.argv[1:], os.environ)
        if place:
            print(f"The list of problems has {offer_problem(place)}.", flush=True)
            os.environ[VARIABLE] = place
    except ProblemError as error:
        sys.exit(f"{error}.")
    app = str(Path(__file__).parents[1] / "streamlit_app.py")
    os.execv(sys.executable, [sys.executable, "-m", "streamlit", "run", app, *others])


main()
