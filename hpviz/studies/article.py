"""The article's four studies, in its order.

Sources: the article's text and its author's logs (the figures are cited from there).
"""

from hpviz.studies.study import Study, decades, declare

LEARNING_RATE = Study(
    field="learning_rate",
    question="How far should each update move the weights?",
    answer=(
        "The article: if you have time to tune only one hyperparameter, tune this one. "
        "Its moderate rate reached 92%; the other two “barely cross 70%”."
    ),
    expectations=(
        "Too low: every loss falls, but so slowly that training ends far above the minimum.",
        "About right: train loss falls fast; test loss falls, then may rise again while accuracy stays.",
        "Too high: the loss is noisy, stops falling, or diverges.",
    ),
    logs=(
        "The rates were typed `10e-5`, `10e-3` and `10e-8` and printed as powers of ten, so every rate in the article "
        "is ten times too small: its “10⁻⁵” is 1e-4. The logs end at 92.4% for 1e-4, 65.2% for 1e-2 (after a peak of "
        "81.7%) and 61.6% for 1e-7, on a ResNet18 pretrained on ImageNet, one run each."
    ),
    article_values=(1e-7, 1e-4, 1e-2),
    quick_values=(1e-7, 1e-5, 1e-4, 1e-3, 1e-2),
    slider_values=decades(-7, 0),
    held={"model": "resnet18", "batch_size": 32},
    pretrained_in_article=True,
    icon=":material/speed:",
)

BATCH_SIZE = Study(
    field="batch_size",
    question="Over how many images should the gradient be averaged before the weights move?",
    answer="The article: test accuracy depends on it, and very large batches buy little for their cost (σ/√n).",
    expectations=(
        "Small batches make many noisy updates per epoch; large batches make few, less noisy ones.",
        "After equal epochs a large batch has made fewer updates, so its loss is usually still higher.",
        "Small batches reach an accuracy after fewer images, but every image takes them more time.",
    ),
    logs=(
        "Batches of 10, 256 and 450 ended at 82.4%, 81.2% and 77.0%, one run each. Two unpublished repeats ended at "
        "77.9% (256) and 79.2% (450), so the two sizes overlap. The same epochs meant 14,040, 550 and 320 updates."
    ),
    article_values=(10, 256, 450),
    quick_values=(2, 32, 64),
    slider_values=(1, 2, 4, 8, 10, 16, 32, 64, 128, 256, 450, 512, 1024),
    icon=":material/stacks:",
    held={"learning_rate": 1e-4},
)

KERNEL_WIDTH = Study(
    field="kernel_width",
    question="How many pixels across should a convolution look at once?",
    answer="The article: wider kernels have more parameters; their effect on memory is “hard to comment on”.",
    expectations=(
        "Parameters and multiply-adds of the convolutions grow with the square of the width.",
        "Without padding, wider kernels leave smaller maps. The first linear layer shrinks with them, so the whole net "
        "has fewer parameters.",
        "The effect on accuracy is unknown: the article shows no run of it.",
    ),
    logs="No logged run changed the kernel width: the author never tried it.",
    article_values=(3, 5, 7, 9, 11),
    quick_values=(3, 5, 7, 9),
    slider_values=(1, 3, 5, 7, 9, 11, 13, 15),
    tried=False,
    held={"learning_rate": 1e-4, "padding": "same"},
    icon=":material/grid_on:",
)

WEIGHT_DECAY = Study(
    field="weight_decay",
    question="How strongly should large weights be penalised?",
    answer="The article: the right strength helps generalisation; an extreme one leaves almost no learning capacity.",
    expectations=(
        "A little may narrow the gap between train and test loss.",
        "λ = 1.0 with Adam's coupled L2 pulls the weights to zero: accuracy stays near chance.",
        "The same λ with AdamW shrinks the weights by a few percent only.",
    ),
    logs="With batch 450, λ = 0.01 ended at 78.2% and λ = 1.0 at 24.5%. The run with λ = 0 ended at 77.0%. Chance is "
    "16.7%.",
    article_values=(0, 0.01, 1.0),
    quick_values=(0, 1e-4, 1e-2, 1.0),
    slider_values=(0, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0),
    held={"batch_size": 32},
    article_only={"batch_size": 450},
    icon=":material/compress:",
)

for _study in (LEARNING_RATE, BATCH_SIZE, KERNEL_WIDTH, WEIGHT_DECAY):
    declare(_study)
