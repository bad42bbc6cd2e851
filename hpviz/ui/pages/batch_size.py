"""The batch size: over how many images the gradient is averaged before the weights move."""

from hpviz.studies import BATCH_SIZE
from hpviz.ui.study.page import show_study

show_study(BATCH_SIZE)
