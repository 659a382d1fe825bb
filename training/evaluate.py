"""The same as `feedbackclf evaluate`, for those who work in a checkout: `python training/evaluate.py --help`."""

import sys

from feedbackclf.cli import main

if __name__ == "__main__":
    sys.argv[1:1] = ["evaluate"]
    main()
