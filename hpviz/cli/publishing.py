"""The verb that publishes what was found as a static site."""

import argparse
from contextlib import closing

from hpviz.cli.data import follow_links
from hpviz.data import catalogue
from hpviz.data.public_name import public_name
from hpviz.follow import drive
from hpviz.paths import spelled
from hpviz.runs.measured_noise import measured_noise
from hpviz.runs.reference import reference_runs
from hpviz.runs.runner import Runner
from hpviz.site.folder import demand_folder_for_site, put_site
from hpviz.studies import find_study
from hpviz.terminal import Reporter


def publish(options: argparse.Namespace, reporter: Reporter) -> int:
    """Publish a study or the whole ledger as a site of plain files, which opens from a disk and from any web server."""
    study = find_study(options.study) if options.study else None
    folder = demand_folder_for_site(options.folder)
    source = catalogue.resolve(options.data, options.cache)
    follow_links(source, options)
    identity = drive(catalogue.identify(source, options.cache), reporter)
    with closing(Runner(options.cache)) as runner:
        runs = [*runner.runs(), *reference_runs()]
    # Charts take a second to load, which the other verbs need not wait for.
    from hpviz.site.site import site_of

    name = public_name(source.name, identity.fingerprint, source.given)
    files = site_of(runs, identity, name, study, measured_noise(runs, options.cache))
    put_site(folder, files)
    size = sum(map(len, files.values()))
    told = {"folder": spelled(folder), "dataset": source.name, "files": list(files), "bytes": size}
    reporter.event("published", told)
    pages = sum(name.endswith(".html") for name in files)
    reporter.table("Published", ("folder", "pages", "size"), [[spelled(folder), str(pages), f"{size / 1e6:.1f} MB"]])
    return 0
