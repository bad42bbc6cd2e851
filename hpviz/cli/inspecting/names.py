"""What the runs of an inspection are called in its picture, and in which colours."""

from collections.abc import Sequence

from hpviz.runs.document import Run


def names_of(runs: Sequence[Run]) -> dict[str, str]:
    """Each run's name by its id: what differs between them, with the seed where several have that name."""
    from hpviz.analysis.comparison import compare_runs  # takes a while to load, which a line of JSON need not wait for

    labels = compare_runs(runs).labels
    shared = {label for label in labels.values() if list(labels.values()).count(label) > 1}
    names = {run["id"]: labels[run["id"]] for run in runs}
    return {
        run["id"]: f"{name} · seed {run['spec']['seed']}" if (name := names[run["id"]]) in shared else name
        for run in runs
    }
