# Two commands do everything on a fresh machine with Python 3.11 to 3.13:
#   make book    make the environment, run the chapters, render the pages, name the page to open
#   make test    make the environment, run the tests
#   make bench   measure the speed, as ratios within one run
# Without make (on Windows, say) type the commands of a target one by one; README lists them.

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& echo $$python && break; done)
VENV := .venv/bin/python

.PHONY: environment book test bench clean

environment: .venv/installed

book: environment
	$(VENV) tools/make_book.py

test: environment
	$(VENV) -m pytest -n 2 --dist loadfile

bench: environment
	$(VENV) -m pip install --quiet -c constraints.txt -e ".[bench]"
	$(VENV) tests/benchmarks/run.py

clean:
	rm -rf _build .venv

# torch goes first and alone, so that a build which is already at hand is taken.
.venv/installed: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 found. Install one, or name it: make PYTHON=/path/to/python book"; exit 1; }
	$(PYTHON) -m venv .venv
	$(VENV) -m pip install --quiet torch==2.13.0
	$(VENV) -m pip install --quiet -c constraints.txt -e ".[book,test]"
	@touch .venv/installed
