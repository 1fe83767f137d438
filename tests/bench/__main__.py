"""All of it. Numbers are medians; compare those of one session only."""

import logging

import torch

from tests.bench import engines, loops, networks, optimizers, page, races, rate

if __name__ == "__main__":
    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").disabled = True
    torch.set_num_threads(1)
    loops.epochs()
    optimizers.optimizers()
    engines.races()
    races.races()
    networks.networks()
    networks.linear_classifiers()
    page.reruns()
    page.sizes()
    page.tabs()
    rate.rates()
    engines.engines()
