"""What holds at 10, 100 and 1,000 nodes: computed from what the parts cost on this machine, which is measured first.

    python -m benchmarks.cluster [--gpu-seconds 5] [--json]

Prints the tables of docs/cluster.md. Every node trains one run at a time, and all runs are recorded by one head. Ray's
part is measured where it is installed (requirements-cluster.txt); a cluster of its own is begun for that.
"""

import argparse
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks import head
from hpviz.data.scenes import TEST_PER_CLASS, TRAIN_PER_CLASS
from hpviz.hardware import cpu_name, physical_cores

NODES = (10, 100, 1000)
ROUNDS, WRITES = 2, {1: 60, 10: 12, 200: 3}  # WRITES: epochs of each of so many runs at once
LINK_BYTES = 125e6  # a second, of 1 Gbit/s
INTEL = 14_034 + 3_000  # images of the published set
SCENES = 6 * (TRAIN_PER_CLASS + TEST_PER_CLASS)
QUICK_TRAIN, INTEL_TRAIN = 1_800, 14_034
# Training images a second of two quiet cores (`benchmarks.throughput`, in README.md): epochs are no constant of a head.
SMALL_CNN, LARGE_CNN, RESNET18 = 1_412, 398, 63
SECONDS_OF_GPU = 5.0


@dataclass(frozen=True)
class Workload:
    """What every node does: runs with epochs of so many seconds, a checkpoint after each, images to have first."""

    name: str
    epoch_seconds: float
    checkpoint_bytes: float
    image_bytes: float


@dataclass(frozen=True)
class Head:
    """What the head can do: epochs a second into its store, cores that follow a run, bytes a second over its link."""

    epochs_a_second: float
    cores_a_run: float
    link: float = LINK_BYTES

    def shares(self, work: Workload) -> dict[str, float]:
        """What one node takes of each of them, as a share of the whole."""
        return {
            "the store": 1 / work.epoch_seconds / self.epochs_a_second,
            "the head's Python": self.cores_a_run,
            "the link": work.checkpoint_bytes / work.epoch_seconds / self.link,
        }


def measured() -> dict[str, Any]:
    """The constants, of this machine."""
    synced, writes = [], dict[int, list[dict[str, float]]]()
    for _ in range(ROUNDS):
        synced.append(head.sync_seconds())
        for runs, epochs in WRITES.items():
            writes.setdefault(runs, []).append(head.writing(runs, epochs))
    return {
        "machine": f"{cpu_name()}, {physical_cores()} cores",
        "sync seconds": sorted(synced),
        "writing": {runs: max(rounds, key=lambda each: each["epochs a second"]) for runs, rounds in writes.items()},
        "live": _least([head.live() for _ in range(ROUNDS)]),
        "ray": _least([found for _ in range(ROUNDS) if (found := head.live_on_ray())]),
        "store": {runs: head.store_of(runs) for runs in (100, 1000)},
        "event bytes": head.bytes_of_event(),
        "epoch bytes": head.bytes_of_epoch(),
        "checkpoint bytes": {
            "article CNN, 64 px": head.bytes_of_checkpoint("article-cnn", 64),
            "article CNN, 150 px": head.bytes_of_checkpoint("article-cnn", 150),
            "ResNet18": head.bytes_of_checkpoint("resnet18", 150),
        },
    }


def _least(rounds: list[dict[str, float]]) -> dict[str, float] | None:
    """Of the rounds the one that cost least: other programs only add."""
    return min(rounds, key=lambda each: each["cores a run"], default=None)


def workloads(found: dict[str, Any], gpu_seconds: float) -> Iterator[Workload]:
    small, large, of = SCENES * 3 * 64**2, INTEL * 3 * 150**2, found["checkpoint bytes"]
    yield Workload("quick preset, article CNN at 64 px", QUICK_TRAIN / SMALL_CNN, of["article CNN, 64 px"], small)
    yield Workload("article preset, article CNN at 150 px", INTEL_TRAIN / LARGE_CNN, of["article CNN, 150 px"], large)
    yield Workload("article preset, ResNet18 at 150 px", INTEL_TRAIN / RESNET18, of["ResNet18"], large)
    yield Workload("the same on GPUs (epoch assumed)", gpu_seconds, of["ResNet18"], large)


def head_of(found: dict[str, Any]) -> Head:
    """With the store as many runs at once leave it, and Ray where it was measured."""
    return Head(found["writing"][200]["epochs a second"], (found["ray"] or found["live"])["cores a run"])


def table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def costs(found: dict[str, Any]) -> str:
    """What each part costs, a line a part."""
    live, ray, store = found["live"], found["ray"], found["store"]
    rows = [["the disk makes 4 kB safe, ms", " to ".join(f"{1000 * each:.2g}" for each in found["sync seconds"])]]
    for runs, each in found["writing"].items():
        many = f"{runs} run{'' if runs == 1 else 's at once'}"
        rows.append([f"epochs a second into the store, {many}", f"{each['epochs a second']:.0f}"])
    each = found["writing"][200]
    rows += [
        ["processor time of an epoch's recording, ms", f"{1000 * each['CPU seconds an epoch']:.1f}"],
        ["a run asked for, until it is in the store, ms", f"{1000 * each['seconds to submit a run']:.1f}"],
        ["an event over a process's pipe, processor time, µs", f"{1e6 * live['seconds an event']:.0f}"],
        ["following a run on this machine, of a core", f"{live['cores a run']:.2%}"],
    ]
    if ray:
        rows.append(["following a run over Ray, of a core of hpviz", f"{ray['cores a run']:.2%}"])
        rows.append(["the same, of Ray's servers on the head", f"{ray['cores of Ray a run']:.2%}"])
    for runs, each in store.items():
        rows.append([f"backup after a run, of a store of {runs:,}, ms", f"{1000 * each['seconds of a backup']:.0f}"])
        rows.append([f"reading {runs:,} runs after one has changed, ms", f"{1000 * each['seconds to read again']:.1f}"])
    rows += [
        ["bytes of an event, of an epoch's row", f"{found['event bytes']}, {found['epoch bytes']}"],
        ["bytes of a run of 8 to 10 epochs in the store", f"{store[1000]['bytes a run']:,.0f}"],
    ]
    rows += [[f"checkpoint of {name}, MB", f"{size / 1e6:.1f}"] for name, size in found["checkpoint bytes"].items()]
    return table(["what", "measured"], rows)


def verdict(nodes: int, shares: Mapping[str, float]) -> str:
    lacking = [name for name, share in shares.items() if nodes * share > 1]
    return f"**does not hold**: {', '.join(lacking)}" if lacking else "holds"


def scaled(works: Sequence[Workload], here: Head) -> str:
    """What nodes in numbers take of the head, and the number at which something gives way."""
    rows = []
    for work in works:
        shares = here.shares(work)
        least = max(shares, key=lambda name: shares[name])
        limit = f"{math.floor(1 / shares[least]):,} nodes: {least}"
        for nodes in NODES:
            needed = nodes / work.epoch_seconds
            traffic = needed * work.checkpoint_bytes
            rows.append(
                [
                    f"{work.name}, epochs of {work.epoch_seconds:.3g} s" if nodes == NODES[0] else "",
                    f"{nodes:,}",
                    f"{needed:,.2g} ({needed / here.epochs_a_second:.0%})"
                    if needed < 100
                    else f"{needed:,.0f} ({needed / here.epochs_a_second:.0%})",
                    f"{nodes * here.cores_a_run:.2g}",
                    f"{traffic / 1e6:,.0f} ({traffic / here.link:.0%})",
                    f"{nodes * work.image_bytes / here.link:,.0f} s",
                    verdict(nodes, shares),
                    limit if nodes == NODES[0] else "",
                ]
            )
    heading = (
        "every node trains",
        "nodes",
        "epochs/s (of what the store takes)",
        "cores of the head's Python (it has 1)",
        "checkpoints, MB/s (of 1 Gbit/s)",
        "images to all, once, from the head alone",
        "so it",
        "gives way first, at",
    )
    return table(heading, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gpu-seconds", type=float, default=SECONDS_OF_GPU, metavar="S", help="of an epoch on a GPU")
    parser.add_argument("--json", action="store_true", help="the constants as one JSON object instead of tables")
    options = parser.parse_args()
    found = measured()
    works, here = list(workloads(found, options.gpu_seconds)), head_of(found)
    if options.json:
        shares = {work.name: {**vars(work), "share of a node": here.shares(work)} for work in works}
        print(json.dumps({**found, "workloads": shares}))
        return
    print(f"{found['machine']}\n\n{costs(found)}\n\n{scaled(works, here)}")


if __name__ == "__main__":
    main()
