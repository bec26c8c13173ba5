PYTHON_VENV = .venv/bin/python
PAGES = services.settings_page services.packs.pages services.api.reference services.people.roles_page
# Modules are compiled once, not at every start, also where a machine says otherwise.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test lint types bench pack pack-check load draw docs screenshot clean

help: ; @sed -n '/^help/d; s/^\([a-z-]*\): ; .* ## /make \1	/p' Makefile
run: ; @deploy/venv.sh && exec $(PYTHON_VENV) manage.py run ## start everything; Ctrl-C stops it
test: ; @deploy/venv.sh dev && $(PYTHON_VENV) -m pytest -n logical --maxprocesses 4 --dist worksteal --cov --cov-report=term --cov-fail-under=90 $(ARGS) ## the whole suite
lint: ; @deploy/venv.sh dev && $(PYTHON_VENV) -m ruff check . && $(PYTHON_VENV) -m ruff format --check . ## ruff
types: ; @deploy/venv.sh dev && $(PYTHON_VENV) -m mypy ## mypy on services and data
bench: ; @deploy/venv.sh dev && $(PYTHON_VENV) -m bench $(if $(ROWS),--rows $(ROWS)) ## measure; make bench ROWS=100000000
pack: ; @deploy/venv.sh && $(PYTHON_VENV) manage.py pack new $(NAME) $(if $(FILE),--from $(FILE)) ## begin a pack; make pack NAME=trees FILE=trees.csv
pack-check: ; @deploy/venv.sh && $(PYTHON_VENV) manage.py pack check $(NAME) ## check packs; make pack-check NAME=trees
load: ; @deploy/venv.sh && $(PYTHON_VENV) manage.py import $(NAME).$(NAME) $(FILE) --workspace $(WORKSPACE) ## load a file; make load NAME=trees FILE=trees.csv WORKSPACE=riverton
draw: ; @deploy/venv.sh draw ## bring what browsers need to draw on maps, where make run could not
docs: ; @deploy/venv.sh && for page in $(PAGES); do $(PYTHON_VENV) -m $$page || exit 1; done ## write docs/reference
screenshot: ; @deploy/venv.sh dev && $(PYTHON_VENV) -m docs.screenshot ## make the pictures of README.md
clean: ; rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage htmlcov ## remove what can be made again; data stays
