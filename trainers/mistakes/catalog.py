"""The mistakes, roughly in the order in which one makes them."""

from dataclasses import replace

from trainers.mistakes.base import Mistake
from trainers.optimizers import SGD
from trainers.problems import MLP, LogisticRegression, SoftmaxRegression, Thermometer
from trainers.run import Run

BY_HAND = Run(optimizer=SGD(lr=0.01), epochs=100)
AUTOGRAD = Run(optimizer=SGD(lr=0.01), epochs=100, runner="autograd")
OPTIM = Run(optimizer=SGD(lr=0.01), epochs=100, runner="torch.optim")
LOGISTIC = Run(
    problem=LogisticRegression(samples=60), optimizer=SGD(lr=0.5), epochs=100, runner="torch.optim"
)
SOFTMAX = Run(
    problem=SoftmaxRegression(source="moons", samples=60),
    optimizer=SGD(lr=0.5),
    epochs=100,
    runner="torch.optim",
)
DROPOUT = Run(problem=MLP(samples=60, width=8), optimizer=SGD(lr=0.5), epochs=80, runner="torch.optim")
CLEAR = ("if params.grad is not None:", "    params.grad.zero_()")
UPDATE = ("with torch.no_grad():", "    params -= 0.01 * params.grad")

NON_LEAF = (
    "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't "
    "be populated during autograd.backward(). If you indeed want the .grad field to be populated for a "
    "non-leaf Tensor, use .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by "
    "mistake, make sure you access the leaf Tensor instead."
)
ORDER = (
    "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, you "
    "should call them in the opposite order: `optimizer.step()` before `lr_scheduler.step()`.  Failure to do "
    "this will result in PyTorch skipping the first value of the learning rate schedule."
)

DROPOUT_MODULE = """class Dropout(torch.nn.Module):
    generator = torch.Generator().manual_seed(0)

    def forward(self, h):
        if not self.training:
            return h
        kept = torch.rand(h.shape, generator=self.generator) < 0.5
        return 2 * h * kept


dropout = Dropout()"""
"""As torch.nn.Dropout, with random numbers of its own."""

MISTAKES = (
    Mistake(
        "The input is not used",
        AUTOGRAD,
        ("return w * t_u + b",),
        ("return b + w * b",),
        "The prediction is one number for all readings, which is compared with each of them: the best "
        "constant is "
        "their mean. Nothing fails, as torch broadcasts.",
        "The loss stops exactly at the variance of the target, 77.136. Print the shape of the prediction.",
    ),
    Mistake(
        "The arguments of the derivative are swapped",
        BY_HAND,
        ("grad = grad_fn(t_un, t_c, t_p)",),
        ("grad = grad_fn(t_un, t_p, t_c)",),
        "The loss is the same with prediction and target swapped, its derivative has the other sign: "
        "each step goes "
        "up the slope.",
        "It looks like a learning rate that is too large. Lower the rate to 1e-5: it still climbs.",
        probe=(("params = params - 0.01 * grad", "params = params - 1e-5 * grad"),),
    ),
    Mistake(
        "A stale prediction in the derivative",
        BY_HAND,
        ("t_p = model(t_un, *params)",),
        ("t_now = model(t_un, *params)",),
        "The derivative is that at the initial parameters for ever, so the step never changes.",
        "The loss falls at first, then rises evenly. No error, as the name exists. Run the notebook "
        "from the top.",
        also=(
            ("loss = loss_fn(t_p, t_c)", "loss = loss_fn(t_now, t_c)"),
            (
                "params = torch.tensor([1.0, 0.0])",
                "params = torch.tensor([1.0, 0.0])\nt_p = model(t_un, 1.0, 0.0)",
            ),
        ),
    ),
    Mistake(
        "requires_grad is missing",
        AUTOGRAD,
        ("params = torch.tensor([1.0, 0.0], requires_grad=True)",),
        ("params = torch.tensor([1.0, 0.0])",),
        "Nothing was recorded on the way to the loss, so there is no graph to walk back.",
        "The error says it: nothing requires grad.",
    ),
    Mistake(
        "backward() is missing",
        AUTOGRAD,
        ("loss.backward()",),
        (),
        "params.grad is None until backward() fills it.",
        "A number times None is the first thing that fails.",
    ),
    Mistake(
        "The gradient is not cleared",
        AUTOGRAD,
        CLEAR,
        (),
        "backward() adds to params.grad. The sum of all gradients so far is the velocity of SGD with "
        "momentum 1.",
        "The loss oscillates and never settles. The curve is that of SGD(momentum=1).",
    ),
    Mistake(
        "Cleared before there is a gradient",
        AUTOGRAD,
        CLEAR,
        ("params.grad.zero_()",),
        "At the first update params.grad is None.",
        "The error comes at once.",
    ),
    Mistake(
        "The update makes a new tensor, under no_grad",
        AUTOGRAD,
        UPDATE,
        ("with torch.no_grad():", "    params = params - 0.01 * params.grad"),
        "Under no_grad a new tensor comes out that does not require grad. The name params now means it.",
        "The first update is right, the second backward() fails. Update in place.",
    ),
    Mistake(
        "The update makes a new tensor, without no_grad",
        AUTOGRAD,
        UPDATE,
        ("params = params - 0.01 * params.grad",),
        "The new tensor belongs to the graph and is no leaf: backward() fills no .grad of it.",
        "A warning about a tensor that is not a leaf, then the error of a missing gradient.",
        warning=NON_LEAF,
    ),
    Mistake(
        "The update in place, without no_grad",
        AUTOGRAD,
        UPDATE,
        ("params -= 0.01 * params.grad",),
        "A leaf that requires grad must not be changed where torch records: its old value may be needed.",
        "The error names the leaf. Put the update under torch.no_grad().",
    ),
    Mistake(
        "optimizer.step() is missing",
        OPTIM,
        ("optimizer.step()",),
        (),
        "backward() fills params.grad and moves nothing.",
        "The loss stays at 80.364. params.grad is (-77.6, -10.6): there is a gradient, and nobody steps.",
    ),
    Mistake(
        "loss.backward() is missing, with an optimizer",
        OPTIM,
        ("loss.backward()",),
        (),
        "step() skips parameters whose .grad is None.",
        "The loss stays at 80.364, and no error tells. params.grad is None.",
    ),
    Mistake(
        "zero_grad() between backward() and step()",
        OPTIM,
        ("loss.backward()",),
        ("loss.backward()", "optimizer.zero_grad()"),
        "The gradient is gone before it is used. It may be cleared anywhere but there.",
        "The loss stays at 80.364. params.grad is None after the loop.",
    ),
    Mistake(
        "The optimizer has the parameters of another cell",
        OPTIM,
        ("optimizer = torch.optim.SGD([params], lr=0.01)",),
        (
            "optimizer = torch.optim.SGD([params], lr=0.01)",
            "params = params.detach().clone().requires_grad_()",
        ),
        "The optimizer steps on the tensor that it was given; the loop trains another, made later. "
        "Nobody clears its "
        ".grad.",
        "The loss stays at 80.364, and params.grad grows: (-7761.4, -1064.0) after 100 epochs.",
    ),
    Mistake(
        "The parameters are not in a list",
        OPTIM,
        ("optimizer = torch.optim.SGD([params], lr=0.01)",),
        ("optimizer = torch.optim.SGD(params, lr=0.01)",),
        "An optimizer takes a list of tensors.",
        "The error says so.",
    ),
    Mistake(
        "One update too many",
        BY_HAND,
        ("for epoch in range(100):",),
        ("for epoch in range(100 + 1):",),
        "The book counts epochs from 1 and ends its range at n_epochs + 1; from 0 that is one more.",
        "Hardly: count the losses.",
    ),
    Mistake(
        "The learning rate of other data",
        Run(problem=Thermometer(scaling="raw"), optimizer=SGD(lr=1e-4), epochs=100),
        ("params = params - 0.0001 * grad",),
        ("params = params - 0.01 * grad",),
        "On unscaled data the largest stable rate is 0.00034. Each step multiplies the error by -58.",
        "The loss is larger at each epoch, then infinite. Lower the rate: it falls again.",
    ),
    Mistake(
        "Two runs share their initial tensor",
        AUTOGRAD,
        ("params = torch.tensor([1.0, 0.0], requires_grad=True)",),
        (
            "start = torch.tensor([1.0, 0.0])",
            "other = start  # the first run, in place",
            "for epoch in range(100):",
            "    t_p = model(t_un, *other)",
            "    other -= 0.01 * 2 * torch.stack([",
            "        ((t_p - t_c) * t_un).mean(), (t_p - t_c).mean()",
            "    ])",
            "params = start.requires_grad_()",
        ),
        "The first run changed the tensor in place, and the second begins where it ended: an unfair win.",
        "The first loss is not 80.364. Copy the initial tensor for each run.",
    ),
    Mistake(
        "Plotting parameters that require grad",
        AUTOGRAD,
        ("print(loss.item(), params.tolist())",),
        ("params.numpy()",),
        "numpy could change the numbers behind the back of autograd.",
        "The error names the way out: detach().",
    ),
    Mistake(
        "Targets in a column, predictions in a row",
        replace(AUTOGRAD, problem=Thermometer(scaling="standardized"), optimizer=SGD(lr=0.1)),
        ("loss = loss_fn(t_p, t_c)",),
        ("loss = loss_fn(t_p, t_c[:, None])",),
        "The difference of shapes (11,) and (11, 1) is a table of 11 by 11: each prediction is "
        "compared with each "
        "target.",
        "No error. The loss stops at the variance of the target, and all predictions are alike.",
    ),
    Mistake(
        "Binary cross-entropy of logits",
        LOGISTIC,
        ("loss = functional.binary_cross_entropy_with_logits",),
        ("loss = functional.binary_cross_entropy",),
        "It takes probabilities. Logits may have any sign.",
        "The error comes as soon as a logit is below 0.",
    ),
    Mistake(
        "Softmax twice",
        SOFTMAX,
        ("return functional.cross_entropy(logits, y)",),
        ("return functional.cross_entropy(logits.softmax(1), y)",),
        "cross_entropy takes logits and applies softmax itself. Of probabilities it can't come below "
        "0.313 for two "
        "classes, and its gradients are small.",
        "It trains, more slowly, to a loss that stays high.",
    ),
    Mistake(
        "eval() is missing",
        DROPOUT,
        ("dropout.eval()",),
        (),
        "Dropout goes on as in training: at each call other units are set to 0.",
        "After training the loss of the same parameters is another at each call. Call eval() before "
        "evaluating, and train() before training on.",
        base=(
            ("def model(x, params):", f"{DROPOUT_MODULE}\n\n\ndef model(x, params):"),
            ("h1 = torch.tanh(x @ w1 + b1)", "h1 = dropout(torch.tanh(x @ w1 + b1))"),
            (
                "print(loss.item(), params.norm().item())",
                "dropout.eval()\n"
                "for call in range(20):\n"
                "    logits = model(x, params)\n"
                "    loss = loss_fn(logits, y)",
            ),
        ),
    ),
    Mistake(
        "The scheduler steps before the optimizer",
        OPTIM,
        ("optimizer.step()", "scheduler.step()"),
        ("scheduler.step()", "optimizer.step()"),
        "The first learning rate of the schedule is skipped.",
        "torch warns about the order.",
        warning=ORDER,
        base=(
            (
                "optimizer = torch.optim.SGD([params], lr=0.01)",
                "optimizer = torch.optim.SGD([params], lr=0.01)\n"
                "decay = torch.optim.lr_scheduler.ExponentialLR\n"
                "scheduler = decay(optimizer, gamma=0.99)",
            ),
            ("optimizer.step()", "optimizer.step()\nscheduler.step()"),
        ),
    ),
    Mistake(
        "Losses kept with their graphs",
        OPTIM,
        ("loss.backward()",),
        ("loss.backward()", "kept.append(loss)  # not loss.item()"),
        "Each loss is a tensor that holds the graph it came from; a list of them keeps all graphs.",
        "Memory grows with each epoch: here by 4 kB for each loss, by 40 bytes for each loss.item(). A kept "
        "loss still has a grad_fn.",
        also=(("for epoch in range(100):", "kept = []\nfor epoch in range(100):"),),
        symptom="The losses are right, but memory grows by 4 kB in each epoch",
    ),
)
"""In the order of the page."""
