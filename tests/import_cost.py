"""What `import feedbackclf` costs: time and modules, against an empty interpreter in the same run. Exit code 1 if it is over the budget.

usage: import_cost.py [--runs 20]
"""

import argparse
import statistics
import subprocess
import sys
import time

MOST_MODULES = 40
MOST_MILLISECONDS = 60.0


def run(code: str) -> tuple[float, int]:
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", f"{code}\nimport sys; print(len(sys.modules))"], capture_output=True, text=True, check=True)
    return time.perf_counter() - began, int(done.stdout)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    runs = parser.parse_args().runs
    empty = [run("") for _ in range(runs)]
    ours = [run("import feedbackclf") for _ in range(runs)]
    milliseconds = 1000 * (statistics.median(t for t, _ in ours) - statistics.median(t for t, _ in empty))
    modules = ours[0][1] - empty[0][1]
    budget = f"at most {MOST_MILLISECONDS:.0f} ms, {MOST_MODULES} modules"
    print(f"import feedbackclf: {milliseconds:.1f} ms, {modules} modules beyond an empty interpreter ({budget})")
    return int(milliseconds > MOST_MILLISECONDS or modules > MOST_MODULES)


if __name__ == "__main__":
    sys.exit(main())
