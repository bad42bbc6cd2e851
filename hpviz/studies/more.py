"""What the article names and does not try: “number and width of hidden layers and many more”.

None of these has values of the article's; what to expect is what textbooks say, and no claim of the article's is held
against it.
"""

from hpviz.studies.study import Study, declare

DEPTH = Study(
    field="depth",
    question="How many convolution blocks should look at the image before it is classified?",
    answer="The article names the number of layers among the hyperparameters, but tries only three blocks.",
    expectations=(
        "Each block halves the map and widens what a unit sees of the image. The first linear layer shrinks with the "
        "map.",
        "A net of one block has by far the most parameters, nearly all of them in that linear layer.",
        "More blocks help until the map has too few pixels left.",
    ),
    quick_values=(1, 2, 3, 4),
    held={"learning_rate": 1e-4},
    icon=":material/layers:",
)

WIDTH = Study(
    field="width",
    question="How many channels and hidden units should each layer have?",
    answer="The article names the width of hidden layers among the hyperparameters, but does not vary it.",
    expectations=(
        "Parameters and multiply-adds grow roughly with the square of the factor.",
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
    answer="The article's network leaves out half of them; no other share is tried.",
    expectations=(
        "Without dropout, train loss falls fastest, and the gap between train and test loss opens earliest.",
        "With much dropout, the loss during training is higher than that of the whole net on the same images.",
        "With far too much dropout, too few units are left to learn with, and training slows down.",
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
        "Adam makes fast progress in few updates, and tolerates a rate that is not quite right.",
        "SGD needs a learning rate 10 to 100 times as large. Momentum speeds it up along narrow valleys.",
        "Without weight decay, Adam and AdamW are identical.",
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
    question="Should the learning rate fall during training?",
    answer="The article keeps its learning rate constant from the first update to the last.",
    expectations=(
        "At a high rate the loss is noisy; when the rate falls, the noise falls with it.",
        "A cosine schedule keeps a useful rate for most epochs and ends near zero.",
        "At a low rate there is little noise to remove, so a schedule gains little.",
    ),
    quick_values=("constant", "step", "cosine", "warmup-cosine"),
    held={"learning_rate": 1e-3},
    icon=":material/trending_down:",
)

AUGMENTATION = Study(
    field="augmentation",
    question="Should the network ever see the same image twice?",
    answer="The article shows its network every photo unchanged, once per epoch.",
    expectations=(
        "Train loss falls more slowly: the task has become harder.",
        "The gap between train and test loss narrows, and over-fitting starts later.",
        "In a short training the slower start may outweigh the gain.",
    ),
    quick_values=("none", "flip", "flip-crop"),
    held={"learning_rate": 1e-4},
    icon=":material/flip:",
)

TRAINING_IMAGES = Study(
    name="training-images",
    field="per_class",
    question="How much would more images help?",
    answer="The article has some 2,300 photos per class and uses all of them.",
    expectations=(
        "Test error falls as a power law: nearly a straight line on logarithmic axes.",
        "A net memorises few images: train accuracy is high while test accuracy stays low.",
        "After equal epochs, fewer images also mean fewer updates. Comparing at equal updates separates the two "
        "effects.",
    ),
    quick_values=(10, 30, 100, 300),
    slider_values=(10, 20, 30, 50, 100, 200, 300, 500, 1000, 2000),
    held={"learning_rate": 1e-4},
    icon=":material/photo_library:",
)

IMAGE_SIZE = Study(
    field="image_size",
    question="How many pixels does the network need?",
    answer="The article uses 150 px throughout; its training times are for that size.",
    expectations=(
        "Multiply-adds and the first linear layer grow with the square of the edge.",
        "With too few pixels, details that tell two classes apart are lost.",
        "With more pixels each unit sees a smaller part of the image, so the gain levels off.",
    ),
    quick_values=(32, 48, 64, 96),
    slider_values=(32, 40, 48, 64, 80, 96, 128, 150),
    held={"learning_rate": 1e-4, "padding": "same"},
    icon=":material/aspect_ratio:",
)

for _study in (DEPTH, WIDTH, DROPOUT, OPTIMIZER, SCHEDULE, AUGMENTATION, TRAINING_IMAGES, IMAGE_SIZE):
    declare(_study)
