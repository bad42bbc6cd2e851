"""Two moves of a slider whose callbacks run at once, as Streamlit lets them."""

import threading
from types import SimpleNamespace

from hpviz.studies import LEARNING_RATE
from hpviz.ui.study import choices, launcher


def test_the_newer_of_two_moves_at_once_is_proposed_last(monkeypatch):
    state = {choices.key(LEARNING_RATE, "auto"): True, choices.key(LEARNING_RATE, "slider"): 3e-3}
    proposed, looked, go_on = [], threading.Event(), threading.Event()

    def propose(study, setting, value, slot):
        if value == 3e-3:
            looked.set()
            go_on.wait(60)
        proposed.append(value)

    monkeypatch.setattr(launcher, "st", SimpleNamespace(session_state=state))
    monkeypatch.setattr(launcher, "propose", propose)
    older, newer = (threading.Thread(target=launcher._moved, args=(LEARNING_RATE, object(), "slot")) for _ in range(2))
    older.start()
    assert looked.wait(60)
    state[choices.key(LEARNING_RATE, "slider")] = 1e-2
    newer.start()
    newer.join(0.2)  # without a turn to wait for, it would be through by now
    go_on.set()
    for thread in (older, newer):
        thread.join(60)
    assert proposed == [3e-3, 1e-2]
