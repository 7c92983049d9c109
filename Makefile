# The project's interface: `make help` lists it. What is built and run here is
# below .local and goes with `make clean`; what npm installs stays below web and test.

SHELL := /bin/bash
.SHELLFLAGS := -o errexit -o nounset -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:

LOCAL := .local
BIN := $(LOCAL)/bin
KUBERNETES_VERSION := v1.37.2
# What the shops run on: a number of simulated nodes, or real, or real:N (root on
# Linux), which run containers. docs/realnodes.md.
NODES ?= 2
REAL := $(filter real real:%,$(NODES))
# The platform's version rides behind the version of the Kubernetes machinery it
# is built from: that one is what feature gates and clients read.
VERSION ?= 0.1.0
VERSION_PACKAGE := k8s.io/component-base/version
APISERVER_LDFLAGS := -X $(VERSION_PACKAGE).gitVersion=$(KUBERNETES_VERSION)+store-platform.$(VERSION)
LOCALCLUSTER_LDFLAGS := -s -w -X $(VERSION_PACKAGE).gitVersion=$(KUBERNETES_VERSION) \
	-X k8s.io/client-go/pkg/version.gitVersion=$(KUBERNETES_VERSION)

MODULES := . hack/localcluster hack/tools test/clients
# Fifteen lines each: to lint them would be to analyse all of kubectl, twice.
KUBECTL_MODULES := test/clients/kubectl/newest test/clients/kubectl/oldest
# Nothing of ours is in it: it says which Helm is built.
HELM_MODULE := test/clients/helm
# It starts what cert-manager is made of; to lint it would be to analyse all of that.
CERTMANAGER_MODULE := test/clients/certmanager
# It evaluates alerts with Prometheus' engine; to lint it would be to analyse all of that.
ALERTS_MODULE := test/alerts
# The same: which container runtime, pod network, DNS, volumes and ingress a real node has.
REALNODE_MODULES := $(addprefix hack/realnode/,cni containerd coredns localpath skipper)
REALNODE_BIN := $(BIN)/node
REALNODE_PROGRAMS := $(addprefix $(REALNODE_BIN)/,containerd containerd-shim-runc-v2 ctr bridge host-local loopback coredns local-path-provisioner skipper pause fetch)
# How many packages are tested at once. Each that starts a control plane needs
# about 600 MB.
TEST_PARALLEL ?= 2
TEST_TIMEOUT ?= 15m
# `make test-race` sets it: the race detector compiles everything once more.
RACE ?=
FUZZTIME ?= 30s

# The dashboard's page is built where there are Node and npm; elsewhere a placeholder says
# so. Its advice about reasons is read from the document that describes them.
NPM := $(shell command -v node >/dev/null 2>&1 && command -v npm 2>/dev/null)
PAGE := web/page/dist/index.html
PAGE_SOURCES := $(shell find web/app -type f -not -path '*/node_modules/*') docs/conditions.md

##@ Use it

.PHONY: help
help: ## List all targets
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z0-9-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: build localcluster $(if $(REAL),realnode images) ## Bring up two shops from nothing (NODES=real: one shop, and a customer's order)
	@NODES=$(NODES) hack/$(if $(REAL),demo-real,demo).sh

.PHONY: up
up: build localcluster $(if $(REAL),realnode) ## Start the local control plane with the platform on it (NODES=real: with containers)
	@NODES=$(NODES) hack/up.sh

.PHONY: preflight
preflight: localcluster ## List what this machine lacks for NODES=real
	@$(BIN)/localcluster preflight --dir $(LOCAL)

.PHONY: status
status: localcluster ## Show every component, its address and its health
	@$(BIN)/localcluster status --dir $(LOCAL)

.PHONY: dashboard
dashboard: up ## Show the stores of the local control plane in a browser
	@echo "Open http://127.0.0.1:8001/dashboard/  (Ctrl-C ends it)"
	@KUBECONFIG=$(LOCAL)/kubeconfig $(BIN)/kubectl proxy --port=8001 --www=web/page/$(if $(NPM),dist,placeholder) --www-prefix=/dashboard/

.PHONY: down
down: ## Stop everything; stores are kept for the next `make up`
	@if [[ -x $(BIN)/localcluster ]]; then $(BIN)/localcluster down --dir $(LOCAL); else echo "Nothing runs: it was never built."; fi

.PHONY: clean
clean: down ## Stop everything and remove .local, stores included
	@rm -rf $(LOCAL)

##@ Build it

.PHONY: build
build: $(if $(NPM),$(PAGE)) ## Build the platform: .local/bin/apiserver, with the dashboard in it where there is Node
	@hack/build.sh . ./cmd/apiserver $(BIN)/apiserver '$(APISERVER_LDFLAGS)' '1 to 3 minutes'

.PHONY: localcluster
localcluster: $(BIN)/kubectl ## Build the local control plane: .local/bin/localcluster and kubectl

$(BIN)/localcluster: $(shell find hack/localcluster -type f -not -name '*_test.go') | $(BIN)
	@hack/build.sh hack/localcluster . $@ '$(LOCALCLUSTER_LDFLAGS)' '6 to 8 minutes'
	@touch $@

$(BIN)/kubectl: $(BIN)/localcluster
	@ln -sf localcluster $@

.PHONY: realnode
realnode: $(REALNODE_PROGRAMS) ## Build what real nodes run: .local/bin/node

# Static: some of them become images, in which there is nothing else.
$(REALNODE_PROGRAMS): export CGO_ENABLED := 0
$(REALNODE_BIN)/containerd $(REALNODE_BIN)/containerd-shim-runc-v2 $(REALNODE_BIN)/ctr: hack/realnode/containerd/go.mod | $(BIN)
	@hack/build.sh hack/realnode/containerd github.com/containerd/containerd/v2/cmd/$(@F) $@ '-s -w' '1 to 2 minutes'
	@touch $@

$(REALNODE_BIN)/bridge $(REALNODE_BIN)/loopback: hack/realnode/cni/go.mod | $(BIN)
	@hack/build.sh hack/realnode/cni github.com/containernetworking/plugins/plugins/main/$(@F) $@ '-s -w' 'a few seconds'
	@touch $@

$(REALNODE_BIN)/host-local: hack/realnode/cni/go.mod | $(BIN)
	@hack/build.sh hack/realnode/cni github.com/containernetworking/plugins/plugins/ipam/$(@F) $@ '-s -w' 'a few seconds'
	@touch $@

$(REALNODE_BIN)/coredns: hack/realnode/coredns/go.mod hack/realnode/coredns/main.go | $(BIN)
	@hack/build.sh hack/realnode/coredns . $@ '-s -w' '1 to 2 minutes'
	@touch $@

$(REALNODE_BIN)/local-path-provisioner: hack/realnode/localpath/go.mod | $(BIN)
	@hack/build.sh hack/realnode/localpath github.com/rancher/local-path-provisioner $@ '-s -w' '1 minute'
	@touch $@

$(REALNODE_BIN)/skipper: hack/realnode/skipper/go.mod | $(BIN)
	@hack/build.sh hack/realnode/skipper github.com/zalando/skipper/cmd/skipper $@ '-s -w' '2 minutes'
	@touch $@

$(REALNODE_BIN)/pause $(REALNODE_BIN)/fetch: $(REALNODE_BIN)/%: hack/localcluster/%/main.go | $(BIN)
	@hack/build.sh hack/localcluster ./$* $@ '-s -w' 'a few seconds'
	@touch $@

# Other people's clients, for test-clients. Each kubectl says its release, or it
# would call itself v0.0.0.
$(BIN)/kubectl-newest: KUBECTL_VERSION := v1.38.0-alpha.0
$(BIN)/kubectl-oldest: KUBECTL_VERSION := v1.36.6
$(BIN)/kubectl-%: test/clients/kubectl/%/main.go test/clients/kubectl/%/go.mod test/clients/kubectl/%/go.sum | $(BIN)
	@hack/build.sh test/clients/kubectl/$* . $@ '-s -w -X $(VERSION_PACKAGE).gitVersion=$(KUBECTL_VERSION)' '1 to 2 minutes'
	@touch $@

$(BIN)/helm: $(HELM_MODULE)/go.mod $(HELM_MODULE)/go.sum | $(BIN)
	@hack/build.sh $(HELM_MODULE) helm.sh/helm/v4/cmd/helm $@ '-s -w' '1 to 2 minutes'
	@touch $@

$(BIN)/certmanager: $(wildcard $(CERTMANAGER_MODULE)/*.go) $(CERTMANAGER_MODULE)/go.mod $(CERTMANAGER_MODULE)/go.sum | $(BIN)
	@hack/build.sh $(CERTMANAGER_MODULE) . $@ '-s -w' '1 to 2 minutes'
	@touch $@

# IMAGES picks some (`make images IMAGES="postgres medusa"`), REFRESH=1 takes newer packages.
IMAGES ?=
REFRESH ?=
.PHONY: images
images: | $(BIN) ## Build the images of real nodes' shops: .local/images/*.tar (needs Debian, Node and npm)
	@go build -buildvcs=false -o $(BIN)/images ./hack/images
	@$(BIN)/images -out $(LOCAL)/images $(if $(REFRESH),-refresh) $(IMAGES)

%/node_modules/.package-lock.json: %/package.json %/package-lock.json
	@[[ -n "$(NPM)" ]] || { echo "This needs Node (20 or later) and npm, and finds none." >&2; exit 1; }
	cd $* && npm ci --no-audit --no-fund
	@touch $@

$(PAGE): $(PAGE_SOURCES) | web/app/node_modules/.package-lock.json
	cd web/app && npm run build

$(BIN):
	@mkdir -p $@

# Golden files come last: some are of servers that are built from what was generated.
.PHONY: generate
generate: ## Regenerate code, manifests, reference pages and golden files
	hack/update-codegen.sh
	hack/update-artifacts.sh
	@$(MAKE) build localcluster
	hack/update-goldens.sh

.PHONY: generate-web
generate-web: up web/app/node_modules/.package-lock.json ## Regenerate the dashboard's types from the API as it is served
	$(BIN)/kubectl --kubeconfig $(LOCAL)/kubeconfig get --raw /openapi/v3/apis/platform.example.io/v1alpha1 | node web/app/scripts/types.mjs

.PHONY: screenshots
screenshots: build localcluster test/web/node_modules/.package-lock.json ## Take the pictures of docs/dashboard.md anew
	cd test/web && npx playwright test --config screenshots.config.ts

##@ Test it

.PHONY: test
test: test-unit test-cluster test-clients test-localcluster ## Run the tests below down to test-localcluster; CI runs the next three too

.PHONY: test-race
test-race: ## The same under the race detector (needs a C compiler)
	@$(MAKE) test RACE=-race

.PHONY: test-unit
test-unit: build ## Tests that need no control plane: units, golden files, fuzz corpora
	hack/test.sh unit $(RACE) -p $(TEST_PARALLEL) -timeout $(TEST_TIMEOUT)

# Their results depend on binaries that go's test cache does not see: never cached.
.PHONY: test-cluster
test-cluster: build localcluster $(BIN)/helm ## Tests against a real control plane: storage, provisioner, end to end
	hack/test.sh cluster $(RACE) -count=1 -p $(TEST_PARALLEL) -timeout $(TEST_TIMEOUT)

.PHONY: test-storage
test-storage: localcluster ## The storage's tests only, the upstream conformance suite among them
	go test $(RACE) -count=1 -timeout $(TEST_TIMEOUT) ./pkg/registry/...

.PHONY: test-e2e
test-e2e: build localcluster ## The end-to-end tests only
	go test $(RACE) -count=1 -timeout $(TEST_TIMEOUT) ./test/e2e/...

.PHONY: test-clients
test-clients: build localcluster $(BIN)/kubectl-newest $(BIN)/kubectl-oldest test/clients/node/node_modules/.package-lock.json ## Tests with other people's clients: three kubectls, controller-runtime, kstatus, Node
	cd test/clients && go test $(RACE) -count=1 -timeout $(TEST_TIMEOUT) ./...

# Without the race detector: it would compile all of Kubernetes once more.
.PHONY: test-localcluster
test-localcluster: build localcluster ## The tests of the local control plane itself
	cd hack/localcluster && go test -count=1 -timeout $(TEST_TIMEOUT) ./...

# Its control plane has Services on loopback, port 443: run it as root, or see what it says.
# The alerts are outside the module that tests them, which go's test cache does not see.
.PHONY: test-chart
test-chart: build localcluster $(BIN)/helm $(BIN)/certmanager ## The chart: lint, renders, alerts; install, upgrade, rollback, removal with Helm on a control plane
	@for values in values values-local values-prod; do \
		$(BIN)/helm lint --strict --quiet charts/store-platform --values charts/store-platform/$$values.yaml || exit; done
	go test $(RACE) ./test/chart
	cd $(ALERTS_MODULE) && go test -count=1 ./...
	go test $(RACE) -count=1 -timeout $(TEST_TIMEOUT) ./test/chart/lifecycle

# WEB_ARGS are Playwright's: `make test-web WEB_ARGS=failure`.
WEB_ARGS ?=
.PHONY: test-web
test-web: build localcluster web/app/node_modules/.package-lock.json test/web/node_modules/.package-lock.json ## The dashboard: its units, and its pages in Chromium on a control plane
	cd web/app && npm test
	cd test/web && npm test -- $(WEB_ARGS)

# Root on Linux; what else a machine needs is said by `make preflight`.
.PHONY: test-real
test-real: build localcluster realnode images ## The platform on a node that runs containers (root; docs/realnodes.md)
	go test $(RACE) -count=1 -v -timeout 45m ./test/real

# `make test` has a short run of these tests: one seed, a few stores. STORES are
# those of each seed; AT_ONCE seeds run beside each other. Run as a program, so that its verdict is the last line.
SEEDS ?= 20
STORES ?= 60
AT_ONCE ?= 1
.PHONY: test-faults
test-faults: build localcluster ## Create, change and delete stores while servers are killed and connections fail (SEEDS=20)
	go test $(RACE) -c -o $(BIN)/faults.test ./test/faults
	@$(BIN)/faults.test -test.v -test.timeout 0 -test.run '^TestFaults$$' -seeds $(SEEDS) -stores $(STORES) -at-once $(AT_ONCE)

.PHONY: fuzz
fuzz: ## Fuzz every target for FUZZTIME each (30s)
	@hack/fuzz.sh $(FUZZTIME)

# Nothing here fails by a time. BENCH_ARGS are the load driver's: docs/performance.md.
BENCH_ARGS ?=
.PHONY: bench
bench: build localcluster ## Measure Stores beside the same data as a CRD and as namespaces
	go test -run '^$$' -bench . -benchtime 200ms ./pkg/registry/store/nsstorage ./pkg/server
	go build -o $(BIN)/bench ./test/bench
	$(BIN)/bench $(BENCH_ARGS)

# PROVISION_ARGS are those of `bench provision`; with -many 2000 it says what idle stores cost.
PROVISION_ARGS ?=
.PHONY: bench-provision
bench-provision: build localcluster $(BIN)/helm ## Measure shops per second to Ready: Stores, raw objects, Helm
	go build -o $(BIN)/bench ./test/bench
	$(BIN)/bench provision $(PROVISION_ARGS)

##@ Check it

.PHONY: verify
verify: verify-fmt verify-mod verify-artifacts verify-codegen verify-web verify-vuln lint ## Run all checks below but vuln

.PHONY: verify-fmt
verify-fmt: ## Go is formatted and shell parses
	@hack/verify-fmt.sh

.PHONY: verify-mod
verify-mod: ## go.mod and go.sum are tidy, in every module
	@hack/verify-mod.sh $(MODULES) $(KUBECTL_MODULES) $(HELM_MODULE) $(CERTMANAGER_MODULE) $(REALNODE_MODULES)

.PHONY: verify-artifacts
verify-artifacts: ## artifacts/apiservice is what the chart renders
	@hack/verify-artifacts.sh

.PHONY: verify-codegen
verify-codegen: ## Generated code is what the types generate
	@hack/verify-codegen.sh

.PHONY: verify-web
verify-web: web/app/node_modules/.package-lock.json test/web/node_modules/.package-lock.json ## The dashboard's TypeScript has no type errors
	cd web/app && npm run check
	cd test/web && npm run check

.PHONY: verify-vuln
verify-vuln: ## No known vulnerability is in what the platform calls; says so where vuln.go.dev does not answer
	@hack/vuln.sh --where-reachable .

.PHONY: lint
lint: ## go vet and staticcheck, in every module
	@hack/lint.sh $(MODULES)

.PHONY: vuln
vuln: ## The same for the local cluster and the tools too; fails where vuln.go.dev does not answer
	@hack/vuln.sh . hack/localcluster hack/tools
