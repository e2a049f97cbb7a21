# The HSM layer on tokens of other makers; the scripts beside this file make the tokens.
$(BUILD)/tokens/test_token: $(BUILD)/tests/tokens/test_token.o $(foreach l,hsm base,$(call lib,$(l)))
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lp11 -lcrypto -linih -lseccomp -lcmocka -ldl
.PHONY: tokens
tokens: $(BUILD)/tokens/test_token
