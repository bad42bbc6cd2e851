"""Augmentation against torchvision's own operations, and where its draws come from."""

import pytest
import torch
from torchvision.transforms import functional as tv

from hpviz.training.augmentation import augmented, flipped, shifted


@pytest.fixture
def images():
    return torch.randint(0, 256, (9, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def test_the_chosen_images_are_mirrored_and_the_others_are_not(images):
    chosen = torch.arange(9) % 2 == 0
    for image, before, mirrored in zip(flipped(images, chosen), images, chosen.tolist(), strict=True):
        assert torch.equal(image, tv.hflip(before) if mirrored else before)


def test_a_shift_is_a_crop_of_the_image_padded_with_its_reflection(images):
    offsets = torch.tensor([[0, 0], [4, -4], [-4, 4], [1, 0], [0, -3], [31, -31], [-31, 31], [2, 2], [-2, -2]])
    for image, before, (down, right) in zip(shifted(images, offsets), images, offsets.tolist(), strict=True):
        padded = tv.pad(before, 31, padding_mode="reflect")
        assert torch.equal(image, tv.crop(padded, 31 + down, 31 + right, 32, 32))


@pytest.mark.parametrize("fields", [{"augmentation": "flip"}, {"augmentation": "flip-crop"}], ids=str)
def test_the_draws_are_the_generators_and_of_nothing_else(images, make_spec, fields):
    spec = make_spec(**fields)
    first = augmented(images, spec, torch.Generator().manual_seed(1))
    torch.manual_seed(5)
    assert torch.equal(augmented(images, spec, torch.Generator().manual_seed(1)), first)
    assert not torch.equal(augmented(images, spec, torch.Generator().manual_seed(2)), first)
    assert (first.shape, first.dtype) == (images.shape, images.dtype)


def test_a_shift_reaches_as_far_as_the_crop_and_no_farther(images, make_spec):
    counting = torch.arange(32, dtype=torch.uint8).expand(200, 3, 32, 32).contiguous()
    for crop, most in ((None, 4), (2, 2), (31, 31)):
        spec = make_spec(augmentation="flip-crop", crop=crop)
        seen = augmented(counting, spec, torch.Generator().manual_seed(0)).to(torch.int64)
        middles = seen[:, 0, 0, 16]
        reached = torch.minimum((middles - 16).abs(), (middles - 15).abs()).max().item()
        assert reached <= most
        assert reached >= min(most, 15) - 1


def test_no_augmentation_draws_nothing_and_is_the_very_tensor(images, make_spec):
    generator = torch.Generator().manual_seed(1)
    state = generator.get_state()
    assert augmented(images, make_spec(), generator) is images
    assert torch.equal(generator.get_state(), state)
