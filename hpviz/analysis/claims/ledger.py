"""The ledger: every claim of the article with its verdict, for one data set."""

from collections.abc import Iterator, Sequence

from hpviz.analysis.claims.batch_size import BATCH_SIZE_CLAIMS
from hpviz.analysis.claims.case import Case
from hpviz.analysis.claims.claim import Claim, Judgement, judge
from hpviz.analysis.claims.conclusions import CONCLUSIONS, LEARNING_RATE_FIRST
from hpviz.analysis.claims.kernel_width import KERNEL_WIDTH_CLAIMS
from hpviz.analysis.claims.learning_rate import LEARNING_RATE_CLAIMS
from hpviz.analysis.claims.weight_decay import WEIGHT_DECAY_CLAIMS
from hpviz.analysis.evidence import up_to
from hpviz.analysis.origin import one_a_spec
from hpviz.data.prepared import Identity
from hpviz.runs.document import Run

CLAIMS: tuple[Claim, ...] = (
    LEARNING_RATE_FIRST,
    *LEARNING_RATE_CLAIMS,
    *BATCH_SIZE_CLAIMS,
    *KERNEL_WIDTH_CLAIMS,
    *WEIGHT_DECAY_CLAIMS,
    *CONCLUSIONS,
)


def ledger(runs: Sequence[Run], data: Identity, study: str | None = None, epochs: int | None = None) -> list[Judgement]:
    """Every claim, or those of one study, judged on the runs of that data set.

    A claim about the net pretrained on ImageNet is followed by its twin about the net from scratch. With `epochs` the
    runs are judged as they stood then. Of several recordings of one spec, those of this machine go first.
    """
    same_data = one_a_spec(run for run in runs if run["spec"]["fingerprint"] == data.fingerprint)
    case = Case(tuple(up_to(run, epochs) for run in same_data), data, pretrained=True)
    scratch = case.twin()
    asked = [claim for claim in CLAIMS if study in (None, claim.study)]
    return [row for claim in asked for row in _rows(claim, case, scratch)]


def _rows(claim: Claim, case: Case, scratch: Case) -> Iterator[Judgement]:
    if claim.pretrained:
        yield judge(claim, case)
    yield judge(claim, scratch)
