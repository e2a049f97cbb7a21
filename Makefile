# Chancery. `make help` lists the targets.
#
#   make run              install what is missing, build, provision STATE, serve
#   make test             install what the tests need, run every test
#   make tsan             the tests of threads, under ThreadSanitizer
#
# Variables: STATE (./var), PORT (8443), PUBLIC_PORT (8080), SANITIZE (address,undefined or
# thread), BUILD (object folder), V=1 (show commands), DESTDIR and PREFIX (install).

STATE ?= ./var
PORT ?= 8443
PUBLIC_PORT ?= 8080
PREFIX ?= /usr/local
SANITIZE ?=
BUILD ?= build/$(if $(SANITIZE),$(subst $(comma),-,$(SANITIZE)),plain)
VERSION := 0.1.0
comma := ,
Q := $(if $(V),,@)

CC ?= gcc
PKG_CONFIG ?= pkg-config
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wmissing-prototypes -Wcast-qual -Werror
HARDENING := -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE \
	$(if $(SANITIZE),,-D_FORTIFY_SOURCE=2)
CFLAGS ?= -O2 -g
ALL_CFLAGS := -std=c17 -D_GNU_SOURCE -DCHANCERY_VERSION='"$(VERSION)"' -I. -I$(BUILD)/gen \
	$(WARNINGS) $(HARDENING) $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer) \
	-pthread $(CFLAGS)
ALL_LDFLAGS := -pie -Wl,-z,relro,-z,now -Wl,--as-needed -pthread \
	$(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(LDFLAGS)

# ---- libraries of our own, a folder each, in the order of the arrows ----
sources = $(wildcard $(addsuffix /*.c,$(1)))
base_SRC := $(call sources,firmware/base)
hsm_SRC := $(call sources,hsm)
pki_SRC := $(call sources,ca/pki)
store_SRC := $(call sources,ca/store)
contract_SRC := $(call sources,ca/contract)
ca_SRC := $(filter-out ca/core_main.c,$(call sources,ca ca/auth ca/acm ca/pca ca/chancery ca/domain ca/duties ca/iam ca/jobs ca/policy ca/sts ca/trail ca/trust ca/ct))
front_SRC := $(filter-out api/front/%_main.c,$(call sources,api/front))
outbound_SRC := $(filter-out api/outbound/%_main.c,$(call sources,api/outbound))
LIBRARIES := base hsm pki store contract ca front outbound

# ---- programs: main file, own libraries, what they link ----
PROGRAMS := chanceryd chancery-core chancery-front chancery-front-public chancery-outbound chancery
chanceryd_MAIN := firmware/chanceryd.c
chanceryd_OWN := base
chanceryd_LINK := -linih -lseccomp
chancery-core_MAIN := ca/core_main.c
chancery-core_OWN := ca hsm store contract pki base
CORE_LINK := -linih -lseccomp -lsqlite3 -ljansson -lpcre2-8 -lidn2 -lpsl -lqrencode -lpng -lp11 -lcrypto
chancery-core_LINK := $(CORE_LINK)
chancery-front_MAIN := api/front/front_main.c
chancery-front_OWN := front base
FRONT_LINK := -linih -lseccomp -lmicrohttpd -lgnutls
chancery-front_LINK := $(FRONT_LINK)
chancery-front-public_MAIN := api/front/public_main.c
chancery-front-public_OWN := front base
chancery-front-public_LINK := $(FRONT_LINK)
chancery-outbound_MAIN := api/outbound/outbound_main.c
chancery-outbound_OWN := outbound base
OUTBOUND_LINK := -linih -lseccomp -lunbound -lcurl
chancery-outbound_LINK := $(OUTBOUND_LINK)
chancery_MAIN := $(call sources,provisioning)
chancery_OWN := ca hsm store contract pki base
chancery_LINK := $(CORE_LINK)

lib = $(BUILD)/lib$(1).a
objects = $(patsubst %.c,$(BUILD)/%.o,$(1))
BIN := $(BUILD)/bin
PROGRAM_FILES := $(addprefix $(BIN)/,$(PROGRAMS))

.PHONY: all
all: $(PROGRAM_FILES)

define library_rule
$(call lib,$(1)): $(call objects,$($(1)_SRC))
	@mkdir -p $$(@D)
	$(Q)rm -f $$@ && ar rcs $$@ $$^
endef
$(foreach l,$(LIBRARIES),$(eval $(call library_rule,$(l))))

define program_rule
$(BIN)/$(1): $(call objects,$($(1)_MAIN)) $(foreach l,$($(1)_OWN),$(call lib,$(l)))
	@mkdir -p $$(@D)
	@echo "  LINK $$@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $$@ $$^ $($(1)_LINK)
endef
$(foreach p,$(PROGRAMS),$(eval $(call program_rule,$(p))))

# hsm alone sees the PKCS#11 header and libp11.
$(call objects,$(hsm_SRC)): PRIVATE_CFLAGS := $(shell $(PKG_CONFIG) --cflags p11-kit-1)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CC) $(ALL_CFLAGS) $(PRIVATE_CFLAGS) -MMD -MP -c -o $@ $<

# ---- numbered migrations become strings of the program ----
MIGRATIONS := $(sort $(wildcard ca/store/migrations/*.sql))
$(BUILD)/gen/migrations.inc: $(MIGRATIONS) ca/store/migrations/embed.sh
	@mkdir -p $(@D)
	$(Q)sh ca/store/migrations/embed.sh $(MIGRATIONS) > $@
$(call objects,ca/store/migrate.c): $(BUILD)/gen/migrations.inc

# ---- unit tests: one program a module, tests/unit/test_<module>.c ----
UNIT_SRC := $(sort $(wildcard tests/unit/test_*.c))
UNIT_FRONT := $(filter tests/unit/test_front%,$(UNIT_SRC))
UNIT_OUTBOUND := $(filter tests/unit/test_outbound%,$(UNIT_SRC))
UNIT_CORE := $(filter-out $(UNIT_FRONT) $(UNIT_OUTBOUND),$(UNIT_SRC))
UNIT_BIN := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_SRC))
UNIT_KIT := $(filter-out $(UNIT_SRC),$(wildcard tests/unit/*.c))
$(call objects,$(wildcard tests/*/*.c)): PRIVATE_CFLAGS := $(shell $(PKG_CONFIG) --cflags p11-kit-1)

$(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_CORE)): $(BUILD)/unit/%: $(BUILD)/tests/unit/%.o \
		$(call objects,$(UNIT_KIT)) $(foreach l,$(chancery-core_OWN),$(call lib,$(l)))
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CORE_LINK) $(TEST_LINK) -lcmocka -ldl
$(BUILD)/unit/test_openapi: TEST_LINK := -lyaml
$(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_FRONT)): $(BUILD)/unit/%: $(BUILD)/tests/unit/%.o \
		$(foreach l,front base,$(call lib,$(l)))
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(FRONT_LINK) -lcmocka
$(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_OUTBOUND)): $(BUILD)/unit/%: $(BUILD)/tests/unit/%.o \
		$(foreach l,outbound base,$(call lib,$(l)))
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(OUTBOUND_LINK) -lcmocka

.PHONY: unit
unit: $(UNIT_BIN)

# ---- fuzz targets: replayed over their seeds by the tests, hunted with by `make fuzz` ----
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_FRONT := $(filter tests/fuzz/fuzz_relay.c,$(FUZZ_SRC))
FUZZ_BIN := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(FUZZ_SRC))
FUZZ_SECONDS ?= 60

$(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(filter-out $(FUZZ_FRONT),$(FUZZ_SRC))): $(BUILD)/fuzz/%: \
		$(BUILD)/tests/fuzz/%.o $(BUILD)/tests/fuzz/replay.o $(foreach l,$(chancery-core_OWN),$(call lib,$(l)))
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CORE_LINK)
$(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(FUZZ_FRONT)): $(BUILD)/fuzz/%: \
		$(BUILD)/tests/fuzz/%.o $(BUILD)/tests/fuzz/replay.o $(foreach l,front base,$(call lib,$(l)))
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(FRONT_LINK)

.PHONY: seeds fuzz
seeds: $(FUZZ_BIN)
# Hunts with each target for FUZZ_SECONDS; what it finds stays in build/fuzz-finds.
fuzz: provision-test
	$(Q)sh tests/fuzz/hunt.sh $(FUZZ_SECONDS)

# ---- fault tests: programs that break what they stand on ----
FAULT_SRC := $(sort $(wildcard tests/fault/*.c))
include tests/fault/rules.mk
include tests/tokens/rules.mk

# ---- install, run, test ----
.PHONY: provision-run provision-test provision-bench run test tests-build check-arrows lint bench
provision-run:
	@provisioning/install.sh run
provision-test:
	@provisioning/install.sh test

run: provision-run
	@$(MAKE) --no-print-directory -j2 all
	@exec sh provisioning/run.sh $(BIN) $(STATE) $(PORT) $(PUBLIC_PORT)

tests-build: all unit seeds faults tokens
test: provision-test
	@$(MAKE) --no-print-directory -j2 tests-build
	@$(MAKE) --no-print-directory -j2 SANITIZE=address,undefined tests-build
	@sh tests/check-arrows.sh $(BIN)
	@sh tests/run.sh

# The unit tests in which threads meet, under ThreadSanitizer; minutes, and so apart from `make test`.
TSAN_TESTS := test_store_group test_store_fault test_hsm test_hsm_custody test_key_maker test_issue \
	test_schedule test_dispatch test_kek_rotation test_checkpoint test_front_relay test_front_drain \
	test_front_ocsp_cache
.PHONY: tsan
ifeq ($(SANITIZE),thread)
tsan: $(addprefix $(BUILD)/unit/,$(TSAN_TESTS))
	@sh tests/tsan/run.sh $(BUILD)/unit $(TSAN_TESTS)
else
tsan: provision-test
	@$(MAKE) --no-print-directory -j2 SANITIZE=thread tsan
endif

check-arrows: all
	@sh tests/check-arrows.sh $(BIN)

# clang-tidy and cppcheck over everything of ours; quiet when all is well.
lint:
	$(Q)sh tests/lint.sh

# Prints our figures beside the raw limits, with the conditions. CERTIFICATES (1000000) and REVOCATIONS (50000):
# how large the stores are that are measured; SECONDS_EACH (5): how long; RECORD=1 writes docs/BENCHMARKS.md.
provision-bench:
	@provisioning/install.sh bench
bench: provision-bench
	@$(MAKE) --no-print-directory -j2 all bench-programs
	$(Q)sh tests/bench/run.sh $(BIN) $(BUILD)/bench

BENCH_SRC := $(sort $(wildcard tests/bench/*.c))
.PHONY: bench-programs
bench-programs: $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(BENCH_SRC))
$(BUILD)/bench/%: $(BUILD)/tests/bench/%.o $(foreach l,$(chancery-core_OWN),$(call lib,$(l)))
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CORE_LINK) -lssl -lgnutls -lcrypto -ldl

.PHONY: install
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/libexec/chancery \
		$(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man5 $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 755 $(PROGRAM_FILES) $(DESTDIR)$(PREFIX)/libexec/chancery
	ln -sf ../libexec/chancery/chancery $(DESTDIR)$(PREFIX)/bin/chancery
	ln -sf ../libexec/chancery/chanceryd $(DESTDIR)$(PREFIX)/bin/chanceryd
	install -m 644 docs/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 docs/man/*.5 $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 644 docs/man/*.8 $(DESTDIR)$(PREFIX)/share/man/man8

.PHONY: clean
clean:
	rm -rf build

.PHONY: help
help:
	@sed -n '/^#/!q;s/^# \{0,1\}//p' Makefile

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
