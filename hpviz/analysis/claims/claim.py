"""A claim of the article, declared, and what came of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from hpviz.analysis.claims.case import Case, Finding, Need, Unsettled, Verdict

FROM_SCRATCH = "from scratch"
# Verdicts that more runs can change for sure; those within noise are settled as far as the claim asks.
OPEN: tuple[Verdict, ...] = ("not run yet", "not comparable")


@dataclass(frozen=True)
class Claim:
    """A sentence of the article as a check.

    `name` is what to call it where there is no room for the sentence, `study` the page it belongs to (None: the article
    as a whole), `logs` what the author's own logs show, `rule` what settles it. `pretrained` claims are about the
    ResNet18 from ImageNet weights; runs from scratch cannot settle them, so a twin of the claim is judged on those.
    """

    id: str
    name: str
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
            "name": self.claim.name,
            "study": self.claim.study,
            "claim": self.claim.sentence,
            "logs": self.claim.logs,
            "verdict": self.verdict,
            "evidence": self.evidence,
            "needed": [asdict(need) for need in self.needed],
        }


@dataclass(frozen=True)
class Standing:
    """How one claim stands: what came of it and, where it is about the pretrained net, of its twin from scratch."""

    rows: tuple[Judgement, ...]

    @property
    def claim(self) -> Claim:
        return self.rows[0].claim

    @property
    def settled(self) -> tuple[Judgement, ...]:
        """The rows that have a verdict, the claim's own first; none if none has."""
        return tuple(row for row in self.rows if row.verdict not in OPEN)

    @property
    def leading(self) -> Judgement:
        """The row that the claim stands by: its own once that is settled, until then its twin's if that is settled."""
        return (*self.settled, *self.rows)[0]


def standings(rows: Iterable[Judgement]) -> list[Standing]:
    """A ledger with each claim and its twin together."""
    return [Standing(tuple(each)) for _, each in groupby(rows, key=lambda row: row.id)]


# A column of the scoreboard each: what it is called, the verdicts in it and what they mean.
COLUMNS: Mapping[str, tuple[tuple[Verdict, ...], str]] = {
    "Held": (("held",), "The runs show what the article says."),
    "Did not hold": (("did not hold",), "The runs show something else."),
    "Within noise": (("within noise",), "Other seeds could give as large a difference."),
    "Not settled yet": (OPEN, "The runs that would settle it are not here."),
}


def scoreboard(standings: Iterable[Standing]) -> dict[str, tuple[str, list[Standing]]]:
    """By what a column is called, what it means and the claims that stand so; columns without a claim are left out."""
    given = list(standings)
    columns = {
        title: (meaning, [each for each in given if each.leading.verdict in verdicts])
        for title, (verdicts, meaning) in COLUMNS.items()
    }
    return {title: column for title, column in columns.items() if column[1]}


def judge(claim: Claim, case: Case) -> Judgement:
    """Apply the claim's rule; runs that are missing or of another kind are a verdict too."""
    try:
        finding = claim.rule(case)
    except Unsettled as unsettled:
        finding = unsettled.finding
    twin = claim.pretrained and not case.pretrained
    return Judgement(claim, finding.verdict, finding.evidence, finding.needed, twin)
