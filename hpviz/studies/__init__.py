"""The studies: one hyperparameter each, the values to compare and what is held fixed, declared and nothing else."""

from hpviz.studies.article import BATCH_SIZE, KERNEL_WIDTH, LEARNING_RATE, WEIGHT_DECAY
from hpviz.studies.crossed import crossed
from hpviz.studies.more import AUGMENTATION, DEPTH, DROPOUT, IMAGE_SIZE, OPTIMIZER, SCHEDULE, TRAINING_IMAGES, WIDTH
from hpviz.studies.study import PRESETS, STUDIES, Preset, PresetSettings, Study, declare, find_study, tuned_for

__all__ = [
    "AUGMENTATION",
    "BATCH_SIZE",
    "DEPTH",
    "DROPOUT",
    "IMAGE_SIZE",
    "KERNEL_WIDTH",
    "LEARNING_RATE",
    "OPTIMIZER",
    "PRESETS",
    "SCHEDULE",
    "STUDIES",
    "TRAINING_IMAGES",
    "WEIGHT_DECAY",
    "WIDTH",
    "Preset",
    "PresetSettings",
    "Study",
    "crossed",
    "declare",
    "find_study",
    "tuned_for",
]
