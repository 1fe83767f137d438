"""The tab Break it: each mistake is run and shown, and told only when asked for."""

import pytest

from tests.dashboard.page import opened, sentence, shown
from tests.matrix import slow_but
from trainers.mistakes import MISTAKES


@pytest.mark.parametrize("number", slow_but((10,), range(1, len(MISTAKES) + 1)))
def test_each_mistake_is_shown_before_it_is_told(number: int) -> None:
    mistake = MISTAKES[number - 1]
    app = opened(f"epochs=20&tab=Break+it&break_it=mistake-{number}")
    assert not app.exception
    assert sentence(app)
    assert len(app.get("vega_lite_chart")) == 1
    told = [block.value for block in app.markdown if mistake.why in block.value.replace("\\", "")]
    assert not told
    error = mistake.executed().error
    assert [block.value for block in app.code][: bool(error)] == [error][: bool(error)]
    app.checkbox(key=f"break_it.shown.{number}").check().run()
    assert not app.exception
    told = [block.value for block in app.markdown if mistake.why in block.value.replace("\\", "")]
    assert len(told) == 1
    app.selectbox(key="break_it.mistake").set_value(number % len(MISTAKES) + 1).run()
    assert not app.exception
    assert "break_it=mistake-" in shown(app).to_query()
