"""hpviz: see what a hyperparameter really does, on real images, on your own machine."""

__version__ = "0.1.0"
