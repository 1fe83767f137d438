"""The page with the optimizers of pytorch-optimizer."""

import pytest

from tests.dashboard.page import opened, sentence, shown, warnings
from tests.trainers.optimizers.package import needs_package
from trainers import more
from trainers.optimizers import OPTIMIZERS, by_group
from trainers.optimizers.external import offer_more

pytestmark = needs_package
NETWORK = "problem=MLP~samples-60~width-8&epochs=5"


@pytest.fixture
def _offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainers.optimizers.external.OPTIMIZERS", offered := dict(OPTIMIZERS))
    monkeypatch.setenv(more.SWITCH, "1")
    offer_more()
    for name, kind in offered.items():
        monkeypatch.setitem(OPTIMIZERS, name, kind)


@pytest.mark.usefixtures("_offered")
def test_one_can_be_chosen() -> None:
    app = opened("epochs=20&run=SGD~torch.optim~lr-0.01")
    app.selectbox(key="0.optimizer").select(by_group()["SOAP"]).run()
    assert not app.exception
    optimizer = shown(app).methods[0].optimizer
    assert type(optimizer) is OPTIMIZERS["SOAP"]
    app.number_input(key="0.SOAP.beta2").set_value(0.5).run()
    assert shown(app).methods[0].optimizer == type(optimizer)(lr=optimizer.lr, beta2=0.5)


@pytest.mark.usefixtures("_offered")
@pytest.mark.parametrize("tab", ["Compare", "Three ways", "Inside a step", "Learning rate"])
def test_an_exception_of_one_is_said_and_the_others_are_shown(tab: str) -> None:
    app = opened(f"{NETWORK}&dtype=float64&run=FAdam~torch.optim&run=SGD~manual~lr-0.1&tab={tab}")
    assert not app.exception
    if tab != "Learning rate":
        assert "FAdam failed after 0 epochs, as pytorch-optimizer says: expected dtype" in sentence(app)


def test_a_link_says_what_to_install() -> None:
    app = opened("epochs=20&run=SOAP~torch.optim&run=SGD")
    assert not app.exception
    assert any("pip install -r requirements-more.txt" in text for text in warnings(app))
