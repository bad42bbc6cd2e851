"""The article's claims as checks: what each says, what settles it, and what came of it."""

from hpviz.analysis.claims.case import Finding, Need, Verdict
from hpviz.analysis.claims.claim import Claim, Judgement, judge
from hpviz.analysis.claims.ledger import CLAIMS, ledger

__all__ = ["CLAIMS", "Claim", "Finding", "Judgement", "Need", "Verdict", "judge", "ledger"]
