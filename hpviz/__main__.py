"""`python -m hpviz`: the command line."""

import sys

from hpviz.cli import main

if __name__ == "__main__":
    sys.exit(main())
