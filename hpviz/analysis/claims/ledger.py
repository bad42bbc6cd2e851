"""The ledger: every claim of the article with its verdict, for one data set."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import is_
from types import MappingProxyType

from hpviz.analysis.claims.batch_size import BATCH_SIZE_CLAIMS
from hpviz.analysis.claims.case import Case
from hpviz.analysis.claims.claim import Claim, Judgement, judge
from hpviz.analysis.claims.conclusions import CONCLUSIONS, LEARNING_RATE_FIRST
from hpviz.analysis.claims.kernel_width import KERNEL_WIDTH_CLAIMS
from hpviz.analysis.claims.learning_rate import LEARNING_RATE_CLAIMS
from hpviz.analysis.claims.weight_decay import WEIGHT_DECAY_CLAIMS
from hpviz.analysis.evidence import SEEDS_NEEDED, up_to
from hpviz.analysis.origin import prevailing
from hpviz.data.prepared import Identity
from hpviz.runs.document import Run
from hpviz.training.inside import GradientNoise

NOTHING_MEASURED: Mapping[str, GradientNoise] = MappingProxyType({})

CLAIMS: tuple[Claim, ...] = (
    LEARNING_RATE_FIRST,
    *LEARNING_RATE_CLAIMS,
    *BATCH_SIZE_CLAIMS,
    *KERNEL_WIDTH_CLAIMS,
    *WEIGHT_DECAY_CLAIMS,
    *CONCLUSIONS,
)


def ledger(
    runs: Sequence[Run],
    data: Identity,
    study: str | None = None,
    epochs: int | None = None,
    noise: Mapping[str, GradientNoise] = NOTHING_MEASURED,
) -> list[Judgement]:
    """Every claim, or those of one study, judged on the runs of that data set; `noise` as a Case has it.

    A claim about the net pretrained on ImageNet is followed by its twin about the net from scratch. With `epochs` the
    runs are judged as they stood then.

    Pages ask every other second while something trains; the same runs (the same objects: a run is never changed in
    place once it is stored) have the same ledger.
    """
    for known in tuple(_judged):  # another session may be adding to it
        if known.answers(runs, data, study, epochs, noise):
            return list(known.rows)
    rows = _judge(runs, data, study, epochs, noise)
    _judged.appendleft(Judged(tuple(runs), data, study, epochs, dict(noise), tuple(rows)))
    return rows


@dataclass(frozen=True)
class Judged:
    """What was asked and the answer."""

    runs: tuple[Run, ...]
    data: Identity
    study: str | None
    epochs: int | None
    noise: Mapping[str, GradientNoise]
    rows: tuple[Judgement, ...]

    def answers(
        self,
        runs: Sequence[Run],
        data: Identity,
        study: str | None,
        epochs: int | None,
        noise: Mapping[str, GradientNoise],
    ) -> bool:
        asked = (self.study, self.epochs, len(self.runs)) == (study, epochs, len(runs)) and self.data == data
        return asked and self.noise == noise and all(map(is_, self.runs, runs))


# The overview asks for all runs and for those of its preset, each of four pages for its study.
_judged: deque[Judged] = deque(maxlen=8)


def _judge(
    runs: Sequence[Run],
    data: Identity,
    study: str | None,
    epochs: int | None,
    noise: Mapping[str, GradientNoise],
) -> list[Judgement]:
    case = replace(case_of(runs, data, epochs), noise=noise)
    scratch = case.twin()
    asked = [claim for claim in CLAIMS if study in (None, claim.study)]
    return [row for claim in asked for row in _rows(claim, case, scratch)]


def case_of(runs: Sequence[Run], data: Identity, epochs: int | None = None) -> Case:
    """What claims about the pretrained net are judged on (`twin()` for the net from scratch).

    One's own runs of a value count as soon as they have the two seeds that a verdict takes; until then imported or
    reference runs of that value stand, and the evidence says so.
    """
    same_data = (run for run in runs if run["spec"]["fingerprint"] == data.fingerprint)
    counted = prevailing(same_data, least_seeds=SEEDS_NEEDED)
    return Case(tuple(up_to(run, epochs) for run in counted), data, pretrained=True)


def _rows(claim: Claim, case: Case, scratch: Case) -> Iterator[Judgement]:
    if claim.pretrained:
        yield judge(claim, case)
    yield judge(claim, scratch)
