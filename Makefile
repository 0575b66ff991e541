# Two commands do everything on a fresh machine with Python 3.11 to 3.13:
#   make book    make the environment, run the chapters, render the pages, name the page to open
#   make test    make the environment, run the tests
#   make check   those of them that take no long training, and neither build nor browse the book
#   make thorough   all of them, and those that take minutes each
#   make bench   measure the speed, as ratios within one run
#   make generated   make anew what is committed and made from other files (CONTRIBUTING.md)
# Without make (on Windows, say) type the commands of a target one by one; README lists them.

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& echo $$python && break; done)
VENV := .venv/bin/python
# uv takes seconds where pip takes minutes; where there is none, or it cannot reach its index, pip does it.
UV := $(shell command -v uv 2>/dev/null)
WITH = -c constraints.txt -e ".[$(1)]"
INSTALL = $(if $(UV),$(UV) pip install --quiet --python $(VENV) $(WITH) || )$(VENV) -m pip install --quiet $(WITH)
, := ,

.PHONY: book test check thorough bench generated clean

book: .venv/book
	$(VENV) tools/make_book.py

test: .venv/test
	$(VENV) -m pytest -n 2 --dist loadfile

check: .venv/test
	$(VENV) -m pytest -n 2 --dist loadfile -m "not (slow or book or real or thorough)"

thorough: .venv/test
	$(VENV) -m pytest -n 2 --dist loadfile -m ""

bench: .venv/book
	$(call INSTALL,bench)
	$(VENV) tests/benchmarks/run.py

generated: .venv/test
	$(VENV) tools/generated.py

clean:
	rm -rf _build .venv

# torch goes first, alone and by pip, so that a build which is already at hand is taken.
.venv/torch: constraints.txt
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 found. Install one, or name it: make PYTHON=/path/to/python book"; exit 1; }
	$(PYTHON) -m venv .venv
	$(VENV) -m pip install --quiet torch==2.13.0
	@touch $@

# What `make test` installs is enough for the book; what the book needs has no test library in it.
.venv/book: .venv/torch pyproject.toml
	$(call INSTALL,book)
	@touch $@

.venv/test: .venv/torch pyproject.toml
	$(call INSTALL,book$(,)test)
	@touch .venv/book $@
