"""The loop one would write without hpviz: torchvision's ImageFolder, a DataLoader, float32, and a loss read every step.

It is meant to be fair: nothing in it is slower than the tutorials have it.
"""

from collections.abc import Iterator
from pathlib import Path

import torch
import torchvision
from torch import nn
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder

WORKERS = 2


def image_folder(folder: Path, image_size: int) -> ImageFolder:
    return ImageFolder(str(folder), transforms.Compose([transforms.Resize((image_size,) * 2), transforms.ToTensor()]))


def make_model(name: str, classes: int) -> nn.Module:
    """torchvision's ResNet18, or the article's network as its text describes it."""
    if name == "resnet18":
        network: nn.Module = torchvision.models.resnet18(num_classes=classes)
        return network
    blocks: list[nn.Module] = []
    for before, after, width, padding in ((3, 10, 5, 1), (10, 20, 5, 1), (20, 10, 7, 0)):
        convolution = nn.Conv2d(before, after, width, padding=padding, bias=False)
        blocks += [convolution, nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2)]
    first = [nn.Flatten(), nn.LazyLinear(1024), nn.Dropout(), nn.ReLU()]
    return nn.Sequential(*blocks, *first, nn.Linear(1024, 512), nn.ReLU(), nn.Dropout(), nn.Linear(512, classes))


def plain_loop(folder: Path, image_size: int, model: str, batch_size: int, device: str = "cpu") -> Iterator[int]:
    """Train for ever and yield the number of images after each update."""
    images = image_folder(folder, image_size)
    loader = DataLoader(images, batch_size, shuffle=True, num_workers=WORKERS, persistent_workers=True)
    network = make_model(model, len(images.classes)).to(device)
    network(torch.zeros(2, 3, image_size, image_size, device=device))  # LazyLinear learns its size
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)
    criterion = nn.CrossEntropyLoss()
    running_loss = 0.0
    while True:
        for inputs, labels in loader:
            optimizer.zero_grad()
            loss = criterion(network(inputs.to(device)), labels.to(device))
            loss.backward()
            optimizer.step()
            running_loss += loss.item()
            yield len(labels)
