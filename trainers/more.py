"""The optional package pytorch-optimizer: which optimizers it has, by name, and whether it is installed."""

import os
import re
from importlib.util import find_spec

from trainers.words import among

VERSION = "4.1.0"
"""Version that `requirements-more.txt` names, and `NAMES` is of."""
SWITCH = "OPTIMIZER_LAB_MORE"
"""Environment variable: 0 leaves the package's optimizers out."""
NAMES_TEXT = """
A2Grad AccSGD AdaBelief AdaBound AdaGC AdaGO AdaHessian Adai Adalite AdaLOMO AdamC AdamG AdamMini AdaMod
AdamP AdamS AdaMuon AdamWSN Adan AdaNorm AdaPNM AdaShift AdaSmooth AdaTAM AggMo Aida Alice AliG Amos Ano
APOLLO ApolloDQN AvaGrad BCOS BSAM CAME Conda DAdaptAdaGrad DAdaptAdam DAdaptAdan DAdaptLion DAdaptSGD
DASH DeMo DiffGrad DistributedMuon DualAdam EmoFact EmoLynx EmoNavi EXAdam FAdam Fira FlashAdamW FOCUS
Fromage FTRL GaLore Grams Gravity GrokFastAdamW Kate Kron Lamb LaProp LARS LOMO LoRARite MADGRAD Magma
MARS MSVAG MuonClip Nero NorMuon NovoGrad PAdam PID PNM Prodigy QHAdam QHM RACS Ranger Ranger21 ROSE
SaRA ScalableShampoo ScheduleFreeRAdam SCION SCIONLight SGDP SGDSaI SGDW Shampoo SimplifiedAdEMAMix SM3
SOAP SophiaH SPAM SpectralSphere SPlus SRMM StableAdamW StableSPAM SWATS TAM Tiger VSGD Yogi
"""
NAMES = tuple(NAMES_TEXT.split())
"""Its optimizers that are not here already, as their classes are called."""

NOT_OFFERED = {
    "AdaHessian": "needs gradients that can be differentiated again (create_graph=True)",
    "SophiaH": "needs gradients that can be differentiated again (create_graph=True)",
    "AdamMini": "takes a whole model",
    "DeMo": "needs several processes",
    "SpectralSphere": "takes matrices alone",
    "AdaLOMO": "takes a whole model, and steps within backward()",
    "LOMO": "takes a whole model, and steps within backward()",
    "BSAM": "needs the number of samples, and steps by a closure of its own kind",
    "DistributedMuon": "needs several processes",
    "Magma": "is a wrapper of another optimizer",
    "Ranger21": "needs the number of updates in advance",
}
"""Those of the package that no run can use, with the reason."""


def installed() -> bool:
    """Return whether the package's optimizers can be offered."""
    return os.environ.get(SWITCH) != "0" and find_spec("pytorch_optimizer") is not None


def named_in(text: str) -> bool:
    """Return whether a text, such as a link, names one of the package's optimizers."""
    words = set(re.split(r"\W+|_", text.casefold()))
    return any(name.casefold() in words for name in NAMES)


def reason(name: str) -> str:
    """Return why an optimizer of the package is not here, as a sentence without its end; else ""."""
    if (found := among(name, NAMES)) is None:
        return ""
    if found in NOT_OFFERED:
        return f"{found} of pytorch-optimizer {NOT_OFFERED[found]}"
    if installed():
        return f"{found} is of pytorch-optimizer: call trainers.optimizers.external.offer_more() first"
    return f"{found} needs pytorch-optimizer: pip install -r requirements-more.txt"
