# Everything runs in .venv, which is built when it is missing or when the pins changed.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

.PHONY: demo test lint typecheck install clean

install: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[synthetic,dev]'
	touch $@

# The whole loop on the synthetic corpus: render, measure, curate, train the quickstart study, report.
demo: $(INSTALLED)
	$(BIN)/python curate.py +filter=strict
	$(BIN)/python train.py experiment=quickstart
	$(BIN)/python -m avcur.impact studies/quickstart

test: $(INSTALLED)
	$(BIN)/python -m pytest

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

typecheck: $(INSTALLED)
	$(BIN)/mypy

clean:
	rm -rf data studies outputs
