# Fault programs and the forwarding PKCS#11 module that injects failures.
FAULT_MODULE := $(BUILD)/fault/lib/p11_fault.so
FAULT_PROGRAMS := $(patsubst tests/fault/%.c,$(BUILD)/fault/%,$(filter-out tests/fault/p11_fault.c,$(FAULT_SRC)))

$(FAULT_PROGRAMS): $(BUILD)/fault/%: $(BUILD)/tests/fault/%.o $(call objects,$(UNIT_KIT)) \
		$(foreach l,$(chancery-core_OWN),$(call lib,$(l)))
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CORE_LINK) -lcmocka -ldl

# Loaded into programs of every build, so it is built without sanitizers.
$(FAULT_MODULE): tests/fault/p11_fault.c
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c17 -D_GNU_SOURCE -I. -O2 -g -fPIC -shared $(WARNINGS) $(shell $(PKG_CONFIG) --cflags p11-kit-1) -o $@ $< -ldl

.PHONY: faults
faults: $(FAULT_PROGRAMS) $(if $(wildcard tests/fault/p11_fault.c),$(FAULT_MODULE))
