# Two commands do all set-up: `make book` and `make test`. `make` alone lists the rest.

# The first of these that is Python 3.11 to 3.13; override with make PYTHON=/path/to/python.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	  "$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  2>/dev/null && command -v "$$p" && break; done)
SOLUTIONS ?= 1
PORT ?= 8000
NOTEBOOKS ?=
CHAPTERS ?=

# Small matrices: a second thread costs more than it brings.
export OMP_NUM_THREADS ?= 1
export PYTHONHASHSEED := 0
# The kernels and tools of the virtual environment come first.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# A learner's own Jupyter or matplotlib settings must not change what is built or tested.
export JUPYTER_PREFER_ENV_PATH := 1

.DEFAULT_GOAL := help
.PHONY: help setup doctor book pdf serve lab test exercises notebooks slides lint format screenshot
.PHONY: publish-check lock clean

help:  ## list the targets
	@echo "Recurrent Neural Networks, Equation by Equation"
	@echo
	@grep -hE '^[a-z-]+: .*##|^[a-z-]+:  ##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' \
	  | awk -F '\t' '{ printf "  make %-14s %s\n", $$1, $$2 }'

setup:
	@PY="$(PYTHON)"; [ -n "$$PY" ] || PY=$$(command -v python3 || command -v python); \
	if [ -z "$$PY" ]; then echo "set-up: Python 3.11, 3.12 or 3.13 is needed, and no python3" \
	  "was found; install one of them and call make again." >&2; exit 1; fi; \
	"$$PY" tools/setup_env.py $(if $(findstring command,$(origin PYTHON)),--this-python)

# Not after setup: it changes nothing.
doctor:  ## check the installation, and say how to mend it
	@PY="$(PYTHON)"; "$${PY:-python3}" tools/doctor.py

# RUN=1 lets exercises run in the page; the first time it fetches 106 MB.
book: setup  ## build the site in _build/html (SOLUTIONS=0: no solutions; RUN=1: exercises run there)
	@python tools/build_book.py $(if $(filter 0,$(SOLUTIONS)),--no-solutions) \
	  $(if $(filter 1,$(RUN)),--run) \
	  $(if $(URL_PREFIX),--url-prefix "$(URL_PREFIX)")

pdf: setup  ## make the book as a PDF in _build (needs Chromium; SOLUTIONS=0 as above)
	@python tools/build_pdf.py $(if $(filter 0,$(SOLUTIONS)),--no-solutions)

serve: book  ## build the site and serve it on http://localhost:8000 (PORT=...)
	@echo "the site is on http://localhost:$(PORT)/ (stop with Ctrl+C)"
	@python -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

publish-check: book  ## look at the built site as a host would serve it
	@python tools/publish_check.py $(if $(URL_PREFIX),--url-prefix "$(URL_PREFIX)") \
	  $(if $(filter 0,$(SOLUTIONS)),--site _build/without-solutions/html)

# The root is the whole course, so that the links from exercises to chapters work. Jupyter keeps
# its state at home, or here where that cannot be written.
lab: setup  ## open JupyterLab in work/, with your own copies of the exercises
	@python tools/copy_exercises.py
	@[ -z "$$HOME" ] || [ -w "$$HOME" ] || export HOME="$$PWD/work/.home"; \
	  JUPYTER_CONFIG_PATH="$$PWD/tools/jupyter" COURSE_PROGRESS="$$PWD/work/progress.json" \
	  jupyter lab --notebook-dir=. --LabApp.default_url=/lab/tree/work $(ARGS)

test: setup  ## run every test: package, notebooks, rules, site
	@[ -d tests ] || { echo "This copy of the course has no tests: they hold answers." >&2; exit 1; }
	@python -m pytest -n 2 --dist loadscope --no-loadscope-reorder $(ARGS)

exercises: setup  ## write exercises/ anew from solutions/, but never over answers
	@python tools/make_exercises.py

notebooks: setup  ## run the notebooks and store their outputs (NOTEBOOKS="book/01-*.ipynb")
	@python tools/execute_notebooks.py $(NOTEBOOKS)

slides: setup  ## make slides of the chapters in _build/slides (CHAPTERS="04 05")
	@python tools/make_slides.py $(CHAPTERS)

lint: setup  ## check style and types
	@ruff check .
	@ruff format --check .
	@mypy

format: setup  ## let ruff format the code, notebooks included
	@ruff format .
	@ruff check --fix .

screenshot: book  ## draw the picture of the site for the README (needs Chromium)
	@python tools/screenshot.py

lock: setup  ## pin all packages anew (maintainers; needs uv)
	@uv pip compile --universal --generate-hashes --python-version 3.11 --all-extras --no-strip-extras \
	  --override requirements/no-torch.override --no-header --no-annotate --quiet \
	  pyproject.toml requirements/torch-needs.in -o requirements/lock.txt

# What people made stays: work/, class/, runs/, a .venv that is not of this set-up.
clean:  ## remove everything that was built, the virtual environment too; work/ stays
	@if [ -h .venv ] || [ -f .venv/set-up-is-complete ]; then rm -rf .venv; fi
	@rm -rf _build build dist .venvs rnn_equation_by_equation.egg-info
	@rm -rf .pytest_cache .ruff_cache .mypy_cache .hypothesis .coverage htmlcov
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
