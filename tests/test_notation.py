"""Numbers as people write and read them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpviz.notation import counted, figure, read_number, short, spelled
from hpviz.spec import BadInput


@pytest.mark.parametrize(
    ("value", "text"), [(1e-4, "1e-4"), (0.0003, "3e-4"), (0.1, "0.1"), (1.0, "1"), (0, "0"), (450, "450")]
)
def test_short_is_how_one_types_it(value, text):
    assert short(value) == text


@pytest.mark.parametrize(
    ("count", "text"), [(750, "750"), (15_750, "15.8 k"), (2_850_000, "2.85 M"), (1.2e9, "1.20 G")]
)
def test_a_count_is_written_short(count, text):
    assert counted(count) == text


@pytest.mark.parametrize(("value", "text"), [(1e-4, "1e-4 = 10⁻⁴ = 0.0001"), (3e-3, "3e-3 = 3·10⁻³ = 0.003"), (0, "0")])
def test_spelled_gives_three_notations(value, text):
    assert spelled(value) == text


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(0.6891, 3, "0.689"), (1234.5, 2, "1234.50"), (432633794603719327744.0, 3, "4.33e20"), (999999.9, 0, "1000000")],
)
def test_a_figure_that_has_run_away_is_no_row_of_digits(value, decimals, text):
    assert figure(value, decimals) == text


@given(st.floats(1e-12, 1e5))
def test_spelled_begins_with_what_short_says(value):
    assert spelled(value).startswith(short(value))


def test_the_article_slip_is_read_as_written_with_its_doubt():
    reading = read_number("10e-5")
    assert math.isclose(reading.value, 1e-4)
    assert reading.doubt == 1e-5


@pytest.mark.parametrize("text", ["1e-4", " 0,001 ", "−3", "2.5e-3"])
def test_ordinary_numbers_carry_no_doubt(text):
    assert read_number(text).doubt is None


@given(st.text())
def test_any_text_is_a_finite_number_or_a_sentence(text):
    try:
        assert math.isfinite(read_number(text).value)
    except BadInput as refusal:
        assert "\n" not in str(refusal).replace(repr(text.strip()[:40]), "")
