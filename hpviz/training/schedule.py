"""Learning rate schedules: by how much the rate is multiplied at each update, from the first to the horizon and beyond.

A pure function of how many updates were made: nothing of it is saved, and a resumed run goes on exactly. Beyond the
horizon the rate stays as it was at the horizon's last update, so an extended run trains on with it.
"""

import math

from hpviz.spec import RunSpec

# A tenth of the rate after half of the updates, a hundredth after three quarters (He et al., 2015, divide by 10 twice).
STEPS, STEP_FACTOR = (0.5, 0.75), 0.1
WARM_UP = 0.1  # share of the updates in which warmup-cosine rises to the full rate


def rate_factor(spec: RunSpec, updates: int, updates_an_epoch: int) -> float:
    """What the spec's rate is multiplied by when that many updates have been made before."""
    if spec.horizon is None:
        return 1.0
    total = spec.horizon * updates_an_epoch
    done = min(updates, total - 1)
    match spec.schedule:
        case "step":
            return STEP_FACTOR ** sum(done >= share * total for share in STEPS)
        case "cosine":
            return _cosine(done / total)
        case "warmup-cosine":
            rising = min(max(1, round(WARM_UP * total)), total)
            return (done + 1) / rising if done < rising else _cosine((done - rising) / (total - rising))
        case _:
            return 1.0


def _cosine(share: float) -> float:
    """From 1 at 0 to 0 at 1 along half a cosine (Loshchilov & Hutter, 2017, without restarts)."""
    return (1 + math.cos(math.pi * share)) / 2
