"""The article's claims as checks: what each says, what settles it, and what came of it."""

from hpviz.analysis.claims.case import Finding, Need, Verdict
from hpviz.analysis.claims.claim import OPEN, Claim, Judgement, Standing, judge, scoreboard, standings
from hpviz.analysis.claims.ledger import CLAIMS, ledger

__all__ = [
    "CLAIMS",
    "OPEN",
    "Claim",
    "Finding",
    "Judgement",
    "Need",
    "Standing",
    "Verdict",
    "judge",
    "ledger",
    "scoreboard",
    "standings",
]
