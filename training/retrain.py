"""The same as `feedbackclf train`, for those who work in a checkout: `python training/retrain.py --help`."""

import sys

from feedbackclf.cli import main

if __name__ == "__main__":
    sys.argv[1:1] = ["train"]
    main()
