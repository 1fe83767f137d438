"""A model of one's own on the page: `python -m dashboard --problem docs/my_model.py:problem`.

A small convolutional network on the 8x8 digits, every tenth of them.
"""

from torch import nn

from trainers.problems import Module, SoftmaxRegression

digits = SoftmaxRegression(source="digits").data
images = digits.inputs[::10].float().view(-1, 1, 8, 8)
classes = digits.target[::10]

net = nn.Sequential(
    nn.Conv2d(1, 4, kernel_size=3),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(4 * 3 * 3, 10),
)

problem = Module(net, nn.CrossEntropyLoss(), images, classes, name="small_cnn")
