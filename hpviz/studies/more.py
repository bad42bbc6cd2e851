"""What the article names and does not try: “number and width of hidden layers and many more”.

None of these has values of the article's; what to expect is what textbooks say, and no claim of the article's is held
against it.
"""

from hpviz.studies.study import Study, declare

DEPTH = Study(
    field="depth",
    question="How many convolution blocks should look at the image before it is classified?",
    answer="The article names the number of layers among the hyperparameters and tries three blocks only.",
    expectations=(
        "Each block halves the map and sees farther; the first linear layer shrinks with the map.",
        "One block has by far the most parameters, nearly all in that linear layer.",
        "More blocks help as long as pixels are left to look at.",
    ),
    quick_values=(1, 2, 3, 4),
    held={"learning_rate": 1e-4},
    icon=":material/layers:",
)

WIDTH = Study(
    field="width",
    question="How many channels and hidden units should each layer have?",
    answer="The article names the width of hidden layers among the hyperparameters and does not try it.",
    expectations=(
        "Parameters and multiply-adds grow with about the square of the factor.",
        "A narrow net under-fits; a wide one gains little and over-fits sooner.",
        "Train loss falls faster the wider the net, at the same learning rate.",
    ),
    quick_values=(0.25, 0.5, 1.0, 2.0, 4.0),
    held={"learning_rate": 1e-4},
    icon=":material/width:",
)

DROPOUT = Study(
    field="dropout",
    question="How many hidden units should each update leave out?",
    answer="The article's network leaves out half of them and never asks whether that is right.",
    expectations=(
        "Without dropout, train loss falls fastest and the gap to test loss opens first.",
        "With much dropout, the train loss of an update lies above what the whole net reaches.",
        "Far too much leaves too few units to learn with: training slows down.",
    ),
    quick_values=(0.0, 0.2, 0.5, 0.8),
    slider_values=(0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9),
    held={"learning_rate": 1e-4},
    icon=":material/grain:",
)

# The rates were found on the quick preset with seeds that no comparison of ours reports:
#   python -m hpviz sweep learning-rate --preset quick --model article-cnn --optimizer O --seed 100 --seeds 2 --values …
# with 3e-3 1e-2 3e-2 0.1 0.3 for sgd, 1e-3 3e-3 1e-2 3e-2 0.1 for sgd-momentum, and 1e-4 3e-4 1e-3 3e-3 1e-2 for adam
# and adamw. Each has the rate whose mean accuracy on the test images was highest after 8 epochs: 66.8%, 74.0%, 78.3%
# and 78.3%, for AdamW without decay is Adam. Of two seeds, a neighbour may do as well; none was best at an end.
OPTIMIZER = Study(
    field="optimizer",
    question="Which rule should turn a gradient into an update?",
    answer="The article trains with Adam throughout.",
    expectations=(
        "Adam gets far in few updates, and forgives a rate that is not quite right.",
        "SGD needs a rate ten to a hundred times as large; momentum carries it along valleys.",
        "With no weight decay, Adam and AdamW are one and the same.",
    ),
    quick_values=("sgd", "sgd-momentum", "adam", "adamw"),
    slider_values=("adam", "adamw", "sgd", "sgd-momentum"),
    tuned={
        "sgd": {"learning_rate": 3e-2},
        "sgd-momentum": {"learning_rate": 1e-2},
        "adam": {"learning_rate": 3e-4},
        "adamw": {"learning_rate": 3e-4},
    },
    icon=":material/alt_route:",
)

SCHEDULE = Study(
    field="schedule",
    question="Should the steps shrink while training goes on?",
    answer="The article keeps its learning rate from the first update to the last.",
    expectations=(
        "While the rate is high the loss is noisy; when it falls, the loss settles.",
        "A cosine spends most epochs at a useful rate and ends near zero.",
        "At a low rate there is little noise to settle, so little is won.",
    ),
    quick_values=("constant", "step", "cosine", "warmup-cosine"),
    held={"learning_rate": 1e-3},
    icon=":material/trending_down:",
)

AUGMENTATION = Study(
    field="augmentation",
    question="Should the network ever see the same image twice?",
    answer="The article shows its network every photo unchanged, ten times over.",
    expectations=(
        "Train loss falls more slowly: the task has become harder.",
        "The gap between train and test narrows, and over-fitting comes later.",
        "In few epochs the price shows before the gain.",
    ),
    quick_values=("none", "flip", "flip-crop"),
    held={"learning_rate": 1e-4},
    icon=":material/flip:",
)

TRAINING_IMAGES = Study(
    name="training-images",
    field="per_class",
    question="How much would more images help?",
    answer="The article has some 2,300 photos a class and uses them all.",
    expectations=(
        "Test error falls along a power law: nearly a straight line where both axes are logarithmic.",
        "Few images are learned by heart: train accuracy is high where test accuracy is low.",
        "At equal epochs few images also mean few updates; equal updates tell the two apart.",
    ),
    quick_values=(10, 30, 100, 300),
    slider_values=(10, 20, 30, 50, 100, 200, 300, 500, 1000, 2000),
    held={"learning_rate": 1e-4},
    icon=":material/photo_library:",
)

IMAGE_SIZE = Study(
    field="image_size",
    question="How many pixels does the network need?",
    answer="The article uses 150 px throughout, and its training time with it.",
    expectations=(
        "Multiply-adds grow with the square of the edge, and the first linear layer with them.",
        "Too few pixels blur what tells two classes apart.",
        "More pixels need wider or more kernels to be seen together, so the gain levels off.",
    ),
    quick_values=(32, 48, 64, 96),
    slider_values=(32, 40, 48, 64, 80, 96, 128, 150),
    held={"learning_rate": 1e-4, "padding": "same"},
    icon=":material/aspect_ratio:",
)

for _study in (DEPTH, WIDTH, DROPOUT, OPTIMIZER, SCHEDULE, AUGMENTATION, TRAINING_IMAGES, IMAGE_SIZE):
    declare(_study)
