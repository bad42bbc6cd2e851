"""A claim of the article, declared, and what came of it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from hpviz.analysis.claims.case import Case, Finding, Need, Unsettled, Verdict

FROM_SCRATCH = "from scratch"


@dataclass(frozen=True)
class Claim:
    """A sentence of the article as a check.

    `study` is the page it belongs to (None: the article as a whole), `logs` what the author's own logs show, `rule`
    what settles it. `pretrained` claims are about the ResNet18 from ImageNet weights; runs from scratch cannot settle
    them, so a twin of the claim is judged on those.
    """

    id: str
    study: str | None
    sentence: str
    logs: str
    rule: Callable[[Case], Finding]
    pretrained: bool = False


@dataclass(frozen=True)
class Judgement:
    """A row of the ledger. A `twin` is the same claim about the net trained from scratch."""

    claim: Claim
    verdict: Verdict
    evidence: str
    needed: tuple[Need, ...] = ()
    twin: bool = False

    @property
    def id(self) -> str:
        return self.claim.id

    @property
    def label(self) -> str:
        """What to call the row: "LR1", or "LR1 (from scratch)"."""
        return f"{self.id} ({FROM_SCRATCH})" if self.twin else self.id

    def fields(self) -> dict[str, Any]:
        """The row as plain JSON."""
        return {
            "id": self.id,
            "label": self.label,
            "twin": self.twin,
            "study": self.claim.study,
            "claim": self.claim.sentence,
            "logs": self.claim.logs,
            "verdict": self.verdict,
            "evidence": self.evidence,
            "needed": [asdict(need) for need in self.needed],
        }


def judge(claim: Claim, case: Case) -> Judgement:
    """Apply the claim's rule; runs that are missing or of another kind are a verdict too."""
    try:
        finding = claim.rule(case)
    except Unsettled as unsettled:
        finding = unsettled.finding
    twin = claim.pretrained and not case.pretrained
    return Judgement(claim, finding.verdict, finding.evidence, finding.needed, twin)
