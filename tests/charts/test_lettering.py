"""Text on a drawing: measured, wrapped within its width, and without what a drawing cannot hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpviz.charts.lettering import NOBODYS, boxed, drawable, lacking, measured, shorten, wrap


@given(st.text(max_size=200), st.integers(20, 600), st.integers(1, 6))
def test_no_line_is_wider_than_its_room_and_there_are_no_more_than_asked(text, width, lines):
    wrapped = wrap(text, width, 12, lines)
    assert len(wrapped) <= lines
    assert all(measured(line, 12) <= width or len(line) <= 2 for line in wrapped)


@given(st.text(max_size=200), st.integers(20, 600))
def test_a_shortened_line_fits(text, width):
    assert measured(shorten(text, width, 12), 12) <= max(width, measured("森…森", 12))


def test_words_stay_whole_where_they_fit():
    assert wrap("one two three four", 60, 12) == ["one two", "three four"]


def test_what_does_not_fit_ends_in_an_ellipsis_and_a_name_is_cut_in_its_middle():
    assert wrap("word " * 50, 100, 12, 2)[-1].endswith("…")
    assert shorten("the beginning of a name and its end", 100, 12).endswith("end")


def test_text_that_fits_is_left_as_it_is():
    assert wrap("λ 1e-4 · batch 32", 500, 12) == ["λ 1e-4 · batch 32"]


@pytest.mark.parametrize("bad", ["\x00", "\x1b", "\ud800", "\u202e", "\u2066", "\uffff"])
def test_what_a_drawing_cannot_hold_is_replaced_wherever_it_is(bad):
    assert drawable({f"a{bad}": [f"b{bad}c", 1, None]}) == {"a\ufffd": ["b\ufffdc", 1, None]}


def test_other_scripts_are_kept():
    text = "森 лес غابة 🌲 λ ±"
    assert drawable(text) == text


def test_letters_that_no_font_here_has_are_known_and_those_of_every_word_of_ours_are_there():
    assert lacking("weight decay λ ± ≥ 1e-4 ● ▲ ○ – …\n") == ""
    assert lacking(f"a{NOBODYS}b{NOBODYS}") == NOBODYS


def test_a_letter_that_cannot_be_drawn_is_a_box_and_takes_no_others_with_it():
    assert boxed({"a": ["x🌲y", 1, None]}, "🌲") == {"a": ["x□y", 1, None]}
    assert boxed("x🌲y", "") == "x🌲y"
