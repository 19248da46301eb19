"""``python -m walkstats`` is the command line."""

import sys

from walkstats.cli import main

if __name__ == "__main__":
    sys.exit(main())
