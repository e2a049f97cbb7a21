#include "provisioning/environment.h"

#include "firmware/base/error.h"
#include "provisioning/file.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/*
 * AWS_ENDPOINT_URL is known to the command line from 1.29 and 2.13 on; older ones, such as Debian 12's 2.9,
 * need the option. Only what POSIX shells share.
 */
static const char old_aws[] =
    "_chancery_aws=$(command aws --version 2>&1 |\n"
    "    sed -n 's|^aws-cli/\\([0-9][0-9]*\\)\\.\\([0-9][0-9]*\\).*|\\1.\\2|p' || :)\n"
    "case $_chancery_aws in\n"
    "1.[0-9] | 1.1[0-9] | 1.2[0-8] | 2.[0-9] | 2.1[0-2])\n"
    "    aws() {\n"
    "        command aws --endpoint-url \"$AWS_ENDPOINT_URL\" \"$@\"\n"
    "    }\n"
    "    ;;\n"
    "esac\n"
    "unset _chancery_aws\n";

static int env_text(const char *state, const struct config *config,
                    const struct appliance *appliance, struct buf *out)
{
    struct slice secret = secret_slice(appliance->secret_access_key);
    int region = (int)strcspn(config->core_regions, ",");
    int r = buf_printf(out,
                       "# Made by `chancery init`; for: . %s/env\n"
                       "unset AWS_SESSION_TOKEN AWS_SECURITY_TOKEN AWS_PROFILE\n"
                       "export AWS_ACCESS_KEY_ID='%s'\n"
                       "export AWS_SECRET_ACCESS_KEY='%.*s'\n"
                       "export AWS_DEFAULT_REGION='%.*s'\n"
                       "export AWS_REGION='%.*s'\n"
                       "export AWS_CA_BUNDLE='%s/ca-bundle.pem'\n"
                       "export AWS_ENDPOINT_URL='https://localhost:%lld'\n"
                       "export AWS_EC2_METADATA_DISABLED=true\n"
                       "export AWS_PAGER=''\n",
                       state, appliance->access_key_id, (int)secret.len, secret.data, region,
                       config->core_regions, region, config->core_regions, state,
                       (long long)config->manage_port);
    return r != 0 ? r : buf_put_text(out, old_aws);
}

int environment_write(const char *state, const struct config *config,
                      const struct appliance *appliance)
{
    char path[PATH_MAX];
    struct buf text = {0};
    if (strpbrk(state, "'\n") != NULL)
        return CH_EINVAL;
    snprintf(path, sizeof path, "%s/ca-bundle.pem", state);
    int r = file_write(path, 0644, buf_slice(&appliance->bundle));
    if (r == 0)
        r = env_text(state, config, appliance, &text);
    snprintf(path, sizeof path, "%s/env", state);
    if (r == 0)
        r = file_write(path, 0600, buf_slice(&text));
    buf_free(&text);
    return r;
}
