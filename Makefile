PYTHON_VENV = .venv/bin/python
.PHONY: help run test lint types bench pack pack-check load docs screenshot clean

help: ; @sed -n '/^help/d; s/^\([a-z-]*\): ; .* ## /make \1	/p' Makefile
run: ; @deploy/venv.sh && exec $(PYTHON_VENV) manage.py run ## start everything; Ctrl-C stops it
test: ; @deploy/venv.sh dev && $(PYTHON_VENV) -m pytest --cov --cov-report=term --cov-fail-under=90 $(ARGS) ## the whole suite
lint: ; @deploy/venv.sh dev && $(PYTHON_VENV) -m ruff check . && $(PYTHON_VENV) -m ruff format --check . ## ruff
types: ; @deploy/venv.sh dev && $(PYTHON_VENV) -m mypy ## mypy on services and data
bench: ; @deploy/venv.sh dev && $(PYTHON_VENV) -m bench $(ROWS) ## measure; make bench ROWS=100000000
pack: ; @deploy/venv.sh && $(PYTHON_VENV) manage.py pack $(NAME) ## a new domain pack; make pack NAME=trees
pack-check: ; @deploy/venv.sh && $(PYTHON_VENV) manage.py pack-check $(NAME) ## check domain packs
load: ; @deploy/venv.sh && $(PYTHON_VENV) manage.py load-demo ## load the demo workspace
docs: ; @deploy/venv.sh && $(PYTHON_VENV) -m services.settings_page ## write docs/reference
screenshot: ; @deploy/venv.sh dev && $(PYTHON_VENV) -m docs.screenshot ## the pictures of README.md
clean: ; rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage htmlcov ## remove what can be made again; data stays
