import threading

import pytest

from hpviz.data.threads import in_order


def flat(batches):
    return [result for batch in batches for result in batch]


def names():
    return [thread.name for thread in threading.enumerate() if thread.name == "hpviz-images"]


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 1000])
def test_results_come_in_order_and_no_thread_stays(count):
    assert flat(in_order(lambda number: 2 * number, range(count), threads=3)) == [2 * number for number in range(count)]
    assert names() == []


def test_an_error_of_the_work_comes_through_and_ends_it():
    def work(number):
        if number == 100:
            raise TimeoutError("the work's own")
        return number

    with pytest.raises(TimeoutError, match="the work's own"):
        flat(in_order(work, range(1000), threads=2))
    assert names() == []


def test_one_that_waits_hears_a_sign_of_life_and_can_leave():
    go_on, begun = threading.Event(), []

    def work(number):
        begun.append(number)
        go_on.wait()
        return number

    batches = in_order(work, range(1000), batch=10, threads=2)
    assert next(batches) == []
    go_on.set()
    batches.close()
    assert len(begun) <= 4 + 10  # none of the batches that waited
    assert names() == []
