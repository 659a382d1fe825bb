"""The same as `feedbackclf check`, for those who work in a checkout: `python training/check_corpora.py --help`."""

import sys

from feedbackclf.cli import main

if __name__ == "__main__":
    sys.argv[1:1] = ["check"]
    main()
