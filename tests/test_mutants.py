"""The faults that `make mutants` draws from."""

import ast
from collections import Counter

from tests.mutants.mutations import mutants

SOURCE = '''"""Words."""

def f(a: int = 1, *, b: tuple[int, str] = (1, "ä")) -> bool:
    """More words."""
    if a < 2 and not b:
        g(a + 1, key=a)
    look = (a, b, "x")
    return f"{a + 1}" in look
'''


def test_each_is_one_change_that_can_be_read() -> None:
    found = list(mutants("a.py", SOURCE))
    sources = [mutant.put_into(SOURCE.encode()).decode() for mutant in found]
    assert len(set(sources)) == len(sources)
    assert all(ast.dump(ast.parse(source)) != ast.dump(ast.parse(SOURCE)) for source in sources)
    assert {mutant.function for mutant in found} == {3}
    changes = Counter(str(mutant).partition(": ")[2] for mutant in found)
    expected = {
        *("a < 2 and (not b)  ->  (not (a < 2 and (not b)))", "a < 2 and (not b)  ->  (a < 2 or not b)"),
        *("a < 2  ->  (a <= 2)", "2  ->  3", "not b  ->  (b)", "a + 1  ->  (a - 1)", "(1, 'ä')  ->  ('ä',)"),
        *("g(a + 1, key=a)  ->  g(a + 1)", "g(a + 1, key=a)  ->  pass", "(a, b, 'x')  ->  (a, b)"),
        *("f'{a + 1}' in look  ->  (f'{a + 1}' not in look)", "1  ->  2"),
    }
    assert expected <= changes.keys()
