"""Weight decay: how strongly large weights are penalised."""

from hpviz.studies import WEIGHT_DECAY
from hpviz.ui.study.page import show_study

show_study(WEIGHT_DECAY)
