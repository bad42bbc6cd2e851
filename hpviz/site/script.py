"""The one script of a site: Vega and Vega-Lite with what draws and replays, in the form that a file may load."""

from functools import cache
from importlib.resources import files

# What a minified bundle leaves out of what it is made of.
CREDITS = (
    "/*! Vega, Vega-Lite and Vega-Embed, copyright University of Washington Interactive Data Lab and contributors, "
    "BSD-3-Clause (https://vega.github.io), bundled by vl-convert. */"
)


@cache
def script() -> bytes:
    """The script; bundling takes a second."""
    import vl_convert

    from hpviz.charts.export import vega_lite

    ours = files("hpviz.site").joinpath("site.js").read_text(encoding="utf-8")
    bundled: str = vl_convert.javascript_bundle(ours, vl_version=vega_lite())
    return f"{CREDITS}\n{bundled}".encode()
