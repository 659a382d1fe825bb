"""`python -m feedbackclf` is the `feedbackclf` command."""

from feedbackclf.cli import main

if __name__ == "__main__":
    main()
