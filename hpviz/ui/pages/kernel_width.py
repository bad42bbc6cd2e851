"""The kernel width: how many pixels across a convolution looks at once."""

from hpviz.studies import KERNEL_WIDTH
from hpviz.ui.study.page import show_study

show_study(KERNEL_WIDTH)
