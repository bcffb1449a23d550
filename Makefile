# Two commands are all the set-up: `make demo` and `make test`. Both install what is missing.

BUILD := swift build -c release
SHRIKE := .build/release/shrike

.PHONY: demo demo-etcd demo-faults ssh netem lab environments test unit processes twins corpus corpora models budgets campaigns claims suite verdicts glomers readme zoo correct \
  lint bench release node clean setup build

setup:
	@.ci/setup

build: setup
	$(BUILD)

## The main job: a real cluster is driven, broken and judged, with and without a planted bug.
demo: setup
	$(BUILD) --product shrike
	@.ci/demo $(SHRIKE)

## A real etcd on hosts of this machine, as root: what holds under faults, and what does not; three minutes.
demo-etcd: setup
	$(BUILD) --product shrike
	@.ci/demo-etcd $(SHRIKE)

## What faults of disks and clocks find in Redis, in Raft and in a lock, as root; a minute and a half.
demo-faults: setup
	$(BUILD) --product shrike
	@.ci/demo-faults $(SHRIKE)

## Three machines over SSH, each an sshd in namespaces, as root: systems under faults, and what goes wrong.
ssh: setup
	$(BUILD) --product shrike
	@.ci/ssh $(SHRIKE)

## Faults of packets by netem, in a kernel that has it: needs user-mode-linux; five minutes.
netem: setup
	$(BUILD) --build-tests
	@.ci/netem $(SHRIKE) .build/release/shrikePackageTests.xctest

## One plan simulated, as local processes and on hosts in namespaces.
environments: setup
	$(BUILD) --product shrike
	@.ci/environments $(SHRIKE)

## Hosts in namespaces: one plan in three environments, and a slice of the etcd demo.
lab: setup
	$(BUILD) --product shrike
	@.ci/lab $(SHRIKE)

## Unit tests, differential tests and campaigns, all from the release build.
test: build unit corpus models budgets campaigns suite verdicts glomers lab ssh readme

# What waits for sockets and other programs goes by itself, when no campaign takes its threads.
WAITING := NodeServersTests|NodeCommandsTests|ClientTransportsTests|ProgramClientTests|NamespaceLabTests|DisksTests|ProcessClocksTests|ExaminationsTests|LabCommandTests|PacketsTests|LocalProcessesTests.ClockTests

unit: build
	swift test -c release --disable-testable-imports --skip '$(WAITING)|SSHHostsTests'
	swift test -c release --disable-testable-imports --skip-build --no-parallel --filter '$(WAITING)'
	swift test -c release --disable-testable-imports --skip-build --no-parallel --filter SSHHostsTests

## The checkers of objects against the definition: 100,000 random histories of each kind.
twins: setup
	@.ci/twins

## Histories of several models and formats whose verdicts are known.
corpus: setup
	$(BUILD) --product shrike
	@.ci/corpora $(SHRIKE) Tests/Corpus

## A folder of public histories by its index: make corpora CORPORA=path
corpora: setup
	$(BUILD) --product shrike
	@.ci/corpora $(SHRIKE) $(CORPORA)

## Random histories of every model, judged by the command and by the definition; COUNT of each.
models: setup
	$(BUILD) --product shrike
	@.ci/models $(SHRIKE) $(COUNT)

## A hopeless history keeps to its budgets.
budgets: setup
	$(BUILD) --product shrike
	@.ci/budgets $(SHRIKE)

## Hunts every planted bug REPETITIONS times, shrinks the runs in which the first SHRINKS hunts end,
## and watches the correct systems; about two hours, most of it for the rarest bugs of Raft.
zoo: setup
	$(BUILD) --product shrike
	@$(SHRIKE) zoo --repetitions $(or $(REPETITIONS),20) --shrink $(or $(SHRINKS),10) \
	  --seeds $(or $(SEEDS),100)

## Each correct system under every fault that it claims to survive; about ten minutes.
correct: setup
	$(BUILD) --product shrike
	@$(SHRIKE) zoo --correct --seeds $(or $(SEEDS),2000)

## Convergent systems and broadcasts as real processes under kill, pause and partition; ten minutes.
processes: setup
	$(BUILD) --product shrike
	@$(SHRIKE) suite .ci/processes.yaml --jobs 3 --results $(or $(RESULTS),results)

## What textbooks say, as experiments: claim, system, expected, observed, and how to replay it.
claims: setup
	$(BUILD) --product shrike
	@$(SHRIKE) claims

## A slice of the zoo, of the correct systems' campaigns, and of what only other options show.
campaigns: setup
	$(BUILD) --product shrike
	@.ci/campaigns $(SHRIKE)

## A suite gates: it fails when a planted bug is gone or another appears.
suite: setup
	$(BUILD) --product shrike
	@.ci/suite $(SHRIKE)

## The verdicts that Maelstrom's guide documents, beside ours.
verdicts: setup
	$(BUILD) --product shrike
	@.ci/verdicts $(SHRIKE)

## The Gossip Glomers challenges by their own command lines; about three minutes.
glomers: setup
	$(BUILD) --product shrike
	@.ci/glomers $(SHRIKE)

## Every command of the README and of the page on campaigns, as it stands there.
readme: setup
	$(BUILD) --product shrike
	@.ci/readme $(SHRIKE)

lint:
	swift format lint --strict --recursive Package.swift Sources Checkers Nemeses Workloads Tests

## Prints a table of how fast Shrike is on this machine. CORPORA names a folder of public
## histories, PORCUPINE the source of the peer, which Go builds.
bench: setup
	$(BUILD) --product shrike
	@$(SHRIKE) bench --growth $(if $(CORPORA),--corpora $(CORPORA)) \
	  $(if $(PORCUPINE),--porcupine $(PORCUPINE))

## One self-contained binary, in .build-release/shrike.
release: setup
	$(BUILD) --product shrike --static-swift-stdlib --scratch-path .build-release
	strip -o .build-release/shrike .build-release/release/shrike
	@ls -l .build-release/shrike

## One self-contained binary that is a node of a bundled system, in .build-node/shrike-node.
node: setup
	$(BUILD) --product shrike-node --static-swift-stdlib --scratch-path .build-node
	strip -o .build-node/shrike-node .build-node/release/shrike-node
	@ls -l .build-node/shrike-node

clean:
	rm -rf .build .build-release .build-node
