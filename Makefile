# make run · make test · make setup · make lint · make bench · make clean
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PUBLISH := $(BIN)/python publish.py

.PHONY: run test setup setup-dev lint bench clean help corpus mutate faults portals screen-eval supply-chain stop

help:  ## この一覧
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

run: setup  ## 準備から公開・計測・報告まで
	@$(PUBLISH) catalog up
	@$(PUBLISH) catalog prepare
	@$(PUBLISH) run; code=$$?; [ $$code -le 1 ] || exit $$code

stop:  ## 手元のカタログを止める
	@$(PUBLISH) catalog down

setup: $(VENV)/.installed  ## 実行環境だけを作る (.venv/)

setup-dev: $(VENV)/.installed-dev

$(VENV)/.installed: requirements.lock requirements-uv.lock
	@bash .ci/environment "$(PYTHON)" requirements.lock
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock requirements-uv.lock
	@bash .ci/environment "$(PYTHON)" requirements-dev.lock
	@touch $(VENV)/.installed $@

test: setup-dev  ## すべての試験 (本物の CKAN とブラウザーを含む)
	@bash .ci/browser
	@$(BIN)/python -m pytest -n 2 $(TESTS)

lint: setup-dev  ## ruff と mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: setup-dev  ## 性能の計測 (benchmarks/)
	@for script in validate logs publish table thousand readers; do $(BIN)/python benchmarks/$$script.py || exit 1; done

corpus: setup-dev  ## 実ファイル集での計測 (CORPUS=フォルダー)
	@$(BIN)/python benchmarks/corpus.py $(CORPUS)

mutate: setup-dev  ## 壊したファイル1万個を判定の最後まで通す (docs/mutations.md を書く)
	@$(BIN)/python benchmarks/mutate_build.py --write docs/mutations.md

faults: setup-dev  ## 障害を注ぐ長い試験
	@FAULT_ROUNDS=10 FAULT_KILLS=300 FAULT_LOST=100 FAULT_UPDATES=100 FAULT_TOGETHER=50 FAULT_READS=10000 $(BIN)/python -m pytest tests/faults

portals: setup-dev  ## 古い CKAN (2.11 と 2.10) での公開の試験
	@for line in 2.11 2.10; do PORTAL_LINE=$$line $(BIN)/python -m pytest -m catalogue tests/test_older_portal.py \
		tests/test_publish_*.py tests/test_flow.py tests/test_measure_portal.py tests/test_localsearch.py || exit 1; done

screen-eval: setup-dev  ## 個人情報検出の計測 (CLEAN=公開ファイルのフォルダー)
	@$(BIN)/python benchmarks/screen_eval.py $(CLEAN)
	@$(BIN)/python benchmarks/screen_planted.py

supply-chain: setup-dev  ## 脆弱性・部品表・ライセンス・再現ビルド・トークンの点検
	@bash .ci/supply-chain

clean:  ## 環境と var/ を消す (先に手元のカタログを止めます)
	@if [ -x $(BIN)/python ]; then for home in catalog test-catalog test-catalog-2.11 test-catalog-2.10; do \
		$(BIN)/python localcatalog/catalog.py uninstall --home var/$$home || true; done; fi
	rm -rf $(VENV) var
