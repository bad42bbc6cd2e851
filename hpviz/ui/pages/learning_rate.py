"""The learning rate: how far each update moves the weights."""

from hpviz.studies import LEARNING_RATE
from hpviz.ui.study.page import show_study

show_study(LEARNING_RATE)
