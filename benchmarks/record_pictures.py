"""The pictures of README.md, taken anew of a fresh hpviz with its reference runs, in a real Chromium.

    python -m benchmarks.record_pictures [--scenes DIR]

Two pages as they open, a card as it is shared, and one that moves: on the Weight decay page the slider goes to a value
that was never trained, and what follows is recorded until its run has ended.
"""

import argparse
import io
import shutil
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from benchmarks.chromium import CURVES, chromium, opened
from benchmarks.visitors import ROOT, Server
from hpviz.analysis.comparison import compare_runs
from hpviz.charts.export import export
from hpviz.data import catalogue
from hpviz.runs.reference import FOLDER, read
from hpviz.studies import LEARNING_RATE, WEIGHT_DECAY

DOCS = ROOT / "docs"
PAGES = {"learning-rate.png": "", "overview.png": "overview"}
SHOWS = {"": CURVES, "overview": "text=Every claim"}
FRAMES_A_SECOND, LAST_SECONDS = 4, 4.0
SIZE, COLOURS = (960, 600), 128
SETTLED_MS = 3_000


def draw_scenes(cache: Path) -> None:
    """The scenes of a cache folder, which a page would wait for."""
    scenes = catalogue.resolve("scenes", cache)
    for step in (catalogue.identify(scenes, cache), catalogue.prepare(scenes, 64, cache)):
        for _ in step:
            pass


def record(page: Page) -> list[Image.Image]:
    """From before the slider moves until its run has ended, and a little longer."""
    frames, ended = list[Image.Image](), None
    slider = page.get_by_role("slider").first
    slider.focus()
    for number in range(400):
        begun = time.monotonic()
        if number == FRAMES_A_SECOND:
            slider.press("ArrowRight")
        taken = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        frames.append(taken.resize(SIZE, Image.Resampling.LANCZOS))
        is_idle = page.get_by_text("Nothing is training.").count() > 0
        ended = (ended or time.monotonic()) if number > 40 and is_idle else None
        if ended and time.monotonic() > ended + LAST_SECONDS:
            break
        time.sleep(max(begun + 1 / FRAMES_A_SECOND - time.monotonic(), 0))
    return frames


def save(frames: list[Image.Image], file: Path) -> None:
    """As an animated GIF in one palette, so that what stands still costs nothing."""
    palette = frames[-1].quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    first, *more = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    first.save(file, save_all=True, append_images=more, duration=1000 // FRAMES_A_SECOND, loop=0, optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--scenes", type=Path, metavar="DIR", help="a cache folder in which the scenes are drawn already"
    )
    options = parser.parse_args()
    compared = compare_runs(read(FOLDER / f"{LEARNING_RATE.name}.json"), LEARNING_RATE.field)
    card = Image.open(io.BytesIO(export(compared, "png"))).convert("RGB")
    card.quantize(256, dither=Image.Dither.NONE).save(DOCS / "card.png", optimize=True)
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "cache"
        if options.scenes:
            shutil.copytree(options.scenes / "data", cache / "data")
        else:
            draw_scenes(cache)
        server = Server(cache)
        try:
            with chromium() as browser:
                for name, address in PAGES.items():
                    with opened(browser, f"http://{server.address}/{address}", SHOWS[address]) as page:
                        page.wait_for_timeout(SETTLED_MS)
                        page.screenshot(path=DOCS / name)
                with opened(browser, f"http://{server.address}/{WEIGHT_DECAY.field}") as page:
                    page.wait_for_timeout(SETTLED_MS)
                    save(record(page), DOCS / "tour.gif")
        finally:
            server.end()


if __name__ == "__main__":
    main()
