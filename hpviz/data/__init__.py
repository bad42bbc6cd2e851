"""Images in, prepared uint8 arrays out. Importing this package loads neither torch nor torchvision."""
