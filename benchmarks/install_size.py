"""What an installation of hpviz takes on the disk, by what it is for, counted in the environment that this runs in.

    python -m benchmarks.install_size

Counted are the files of every package that requirements.txt leads to, as their installer recorded them.
"""

from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
# What is of use to NVIDIA's GPUs only: whole packages, and files of PyTorch's.
FOR_GPUS = ("nvidia-", "cuda-", "triton")
FILES_FOR_GPUS = ("libtorch_cuda", "libtorch_nvshmem", "libc10_cuda", "libcaffe2_nvrtc")
SHOWN = 8


def needed() -> dict[str, Distribution]:
    """Every package that requirements.txt leads to here, by its name."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    ahead = [Requirement(line) for line in lines if line and not line.startswith("#")]
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    while ahead:
        asked = ahead.pop()
        name = canonicalize_name(asked.name)
        for extra in {"", *asked.extras} - {extra for of, extra in seen if of == name}:
            seen.add((name, extra))
            found[name] = distribution(name)
            wanted = map(Requirement, found[name].requires or ())
            ahead += [each for each in wanted if each.marker is None or each.marker.evaluate({"extra": extra})]
    return found


def sizes(package: Distribution) -> Iterator[tuple[str, int]]:
    """The name of each of its files, and their bytes."""
    for file in package.files or ():
        path = Path(str(package.locate_file(file)))
        if path.is_file():
            yield path.name, path.stat().st_size


def main() -> None:
    for_gpus, others = 0, {}
    for name, package in needed().items():
        bytes_of = list(sizes(package))
        gpu = sum(size for file, size in bytes_of if name.startswith(FOR_GPUS) or file.startswith(FILES_FOR_GPUS))
        for_gpus += gpu
        others[name] = sum(size for _, size in bytes_of) - gpu
    rest = sum(others.values())
    print(f"{(for_gpus + rest) / 1e9:5.2f} GB in {len(others)} packages, of which")
    print(f"{for_gpus / 1e9:5.2f} GB are for NVIDIA's GPUs only, and")
    print(f"{rest / 1e9:5.2f} GB are for every machine, most of them in")
    for name in sorted(others, key=lambda name: -others[name])[:SHOWN]:
        print(f"{others[name] / 1e9:8.2f} GB {name}")


if __name__ == "__main__":
    main()
