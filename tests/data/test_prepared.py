import ast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpviz.data.conversion import Pictures, convert
from hpviz.data.decode import Decoded
from hpviz.data.prepared import hold_out, mapped, open_prepared, subset

labellings = st.lists(st.integers(0, 4), max_size=60).map(lambda labels: np.array(labels, np.int64))


@given(labellings, st.integers(1, 20))
def test_a_subset_takes_so_many_of_each_class_or_all_it_has(labels, per_class):
    drawn = subset(labels, per_class)
    assert (np.diff(drawn) > 0).all()
    for label in range(5):
        assert (labels[drawn] == label).sum() == min(per_class, (labels == label).sum())


@given(labellings, st.integers(1, 20))
def test_a_smaller_subset_is_part_of_a_larger_one(labels, per_class):
    assert set(subset(labels, per_class)) <= set(subset(labels, per_class + 3))


def test_a_subset_is_a_random_draw_that_never_changes():
    # Cached runs rely on these very images.
    assert subset(np.repeat([0, 1], 50), 3).tolist() == [11, 23, 43, 66, 73, 81]
    kept, held = hold_out(np.repeat([0, 1], 50), 0.04)
    assert held.tolist() == [9, 49, 63, 93]
    assert len(kept) == 96


def test_without_a_number_a_class_the_subset_is_everything():
    assert subset(np.array([1, 0, 1]), None).tolist() == [0, 1, 2]


@given(labellings, st.floats(0.01, 0.5))
def test_holding_out_splits_each_class_and_leaves_none_empty(labels, fraction):
    kept, held = hold_out(labels, fraction)
    assert sorted([*kept, *held]) == list(range(len(labels)))
    for label in np.unique(labels):
        size = (labels == label).sum()
        count = (labels[held] == label).sum()
        assert count < size
        assert abs(count - fraction * size) <= 1
        assert count >= 1 or size == 1


def test_holding_out_nothing_holds_out_nothing():
    kept, held = hold_out(np.array([0, 0, 1, 1]), 0.0)
    assert kept.tolist() == [0, 1, 2, 3]
    assert held.tolist() == []


def test_what_was_never_prepared_does_not_open(tmp_path):
    assert open_prepared(tmp_path, "ab" * 8, 32) is None


@pytest.mark.parametrize("meta", ["", "{", "[]", "null", '{"version": 0}', '{"version": 1}'])
def test_a_damaged_note_beside_the_images_counts_as_not_prepared(tmp_path, meta):
    folder = tmp_path / "data" / f"{'ab' * 8}-32"
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text(meta)
    assert open_prepared(tmp_path, "ab" * 8, 32) is None


@pytest.mark.parametrize("shape", [(5, 3, 4, 4), (0, 3, 4, 4), (7,), (0,)])
def test_arrays_are_opened_as_they_were_saved(tmp_path, shape):
    saved = np.arange(np.prod(shape)).reshape(shape).astype(np.int64 if len(shape) == 1 else np.uint8)
    np.save(tmp_path / "a.npy", saved)
    opened = mapped(tmp_path / "a.npy")
    assert (opened.dtype, opened.shape, opened.flags.writeable) == (saved.dtype, shape, False)
    assert np.array_equal(opened, saved)


def test_no_header_is_parsed_as_code(tmp_path, finish, monkeypatch):
    # Python 3.11.0 to 3.11.7 raise SystemError when a page is compiled meanwhile.
    load = lambda index, edge: Decoded(np.zeros((3, edge, edge), np.uint8), 8, 8)  # noqa: E731
    pictures = Pictures(np.array([0, 1]), load)
    finish(convert(tmp_path, "ab" * 8, ("cat", "dog"), 16, pictures, pictures))
    monkeypatch.setattr(ast, "parse", None)
    prepared = open_prepared(tmp_path, "ab" * 8, 16)
    assert prepared is not None
    assert prepared.train_images.shape == (2, 3, 16, 16)
    assert prepared.test_labels.tolist() == [0, 1]


@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n",
        b"{'descr': '|u1', 'fortran_order': True, 'shape': (1,), }\n",
        b"{'descr': '|u1', 'fortran_order': False, 'shape': (-1,), }\n",
        b"{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999,), }\n",
        b"{'descr': '|u1', 'fortran_order': False, 'shape': (1,), 'more': __import__('os')}\n",
        b"(" * 2000,
        b"",
    ],
)
def test_a_header_of_another_kind_is_refused(tmp_path, header):
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + b"x")
    with pytest.raises(ValueError, match=r"a\.npy"):
        mapped(tmp_path / "a.npy")
