"""The verb that opens the pages: Streamlit's server on app.py, with the settings that lie beside it."""

import argparse
import os
import signal
import subprocess
import sys

from hpviz import gate
from hpviz.installation import APP
from hpviz.own_process import command_of
from hpviz.runs.cluster import asked_for
from hpviz.terminal import Reporter


def open_app(options: argparse.Namespace, reporter: Reporter) -> int:
    """The pages, in your browser. Ctrl-C ends their server; STREAMLIT_SERVER_PORT=N has it listen on another port."""
    if not gate.bind().read_only:  # what cannot be understood there is said here, not on the first page
        asked_for(options.ray)  # likewise
    command = command_of("streamlit", "run", str(APP))
    environment = {**os.environ, "HPVIZ_CACHE": str(options.cache)}
    if options.ray is not None:
        environment["HPVIZ_RAY"] = options.ray
    if sys.platform != "win32":
        os.execve(command[0], command, environment)  # noqa: S606 - our own interpreter and our own code
    # There, exec would give the prompt back while the server runs. Ctrl-C is the server's, which ends in order.
    with subprocess.Popen(command, env=environment) as server:  # noqa: S603 - likewise
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return server.wait()
