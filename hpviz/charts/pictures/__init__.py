"""The studies' pictures, made to move: sliders live inside the chart, over frames computed before, so that dragging
needs no server. Data are plain data frames, one value a cell, for the page receives lists as no arrays. Pictures of
theory are made once: the page then sends the same frames under the same names, and leaves the sliders where they are.
"""

from hpviz.charts.pictures.augmentations import augmentations_picture
from hpviz.charts.pictures.contours import contours_picture
from hpviz.charts.pictures.counts import counts_picture
from hpviz.charts.pictures.depth import depth_picture
from hpviz.charts.pictures.descent import descent_picture
from hpviz.charts.pictures.dropout_net import dropout_net_picture
from hpviz.charts.pictures.dropout_noise import dropout_noise_picture
from hpviz.charts.pictures.first_kernels import kernels_picture
from hpviz.charts.pictures.gradient_noise import gradient_noise_picture
from hpviz.charts.pictures.image_size import pixels_picture, size_growth_picture
from hpviz.charts.pictures.kernel import kernel_picture
from hpviz.charts.pictures.layers import layers_picture
from hpviz.charts.pictures.learning_curve import learning_curve_picture
from hpviz.charts.pictures.optimizers import optimizers_picture
from hpviz.charts.pictures.outcomes import GAP, VALLEY, gap, gap_rows, loss_by_rate, train_and_test, valley, valley_rows
from hpviz.charts.pictures.photo_answers import photo_answers_picture
from hpviz.charts.pictures.photo_maps import photo_maps_picture
from hpviz.charts.pictures.picture import Picture
from hpviz.charts.pictures.receptive_field import field_picture
from hpviz.charts.pictures.sampling import sampling_picture
from hpviz.charts.pictures.schedules import schedules_picture
from hpviz.charts.pictures.settling import settling_picture
from hpviz.charts.pictures.shrinkage import shrinkage_picture
from hpviz.charts.pictures.width import width_growth_picture, width_picture

__all__ = [
    "GAP",
    "VALLEY",
    "Picture",
    "augmentations_picture",
    "contours_picture",
    "counts_picture",
    "depth_picture",
    "descent_picture",
    "dropout_net_picture",
    "dropout_noise_picture",
    "field_picture",
    "gap",
    "gap_rows",
    "gradient_noise_picture",
    "kernel_picture",
    "kernels_picture",
    "layers_picture",
    "learning_curve_picture",
    "loss_by_rate",
    "optimizers_picture",
    "photo_answers_picture",
    "photo_maps_picture",
    "pixels_picture",
    "sampling_picture",
    "schedules_picture",
    "settling_picture",
    "shrinkage_picture",
    "size_growth_picture",
    "train_and_test",
    "valley",
    "valley_rows",
    "width_growth_picture",
    "width_picture",
]
