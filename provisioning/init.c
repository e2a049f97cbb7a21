#include "ca/appliance.h"
#include "firmware/base/error.h"
#include "firmware/base/privilege.h"
#include "provisioning/command.h"
#include "provisioning/environment.h"
#include "provisioning/file.h"
#include "provisioning/pin.h"
#include "provisioning/softhsm.h"

#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the options say; NULL and -1 = not said. */
struct choices {
    const char *state, *module, *label, *pin_file, *pin_source, *organization, *country;
    long port, public_port;
    char names[CONFIG_TEXT_MAX], regions[CONFIG_TEXT_MAX];
};

struct init {
    struct choices choices;
    char state[4096];
    char conf[4096 + 32];
    struct config config;
    struct hsm_pin pin;
    struct appliance appliance;
    bool fresh; /* there was no chancery.conf */
};

/* ---- options ---- */

static int list_add(char list[CONFIG_TEXT_MAX], const char *item)
{
    size_t used = strlen(list);
    if (item[0] == '\0' || strchr(item, ',') != NULL ||
        used + strlen(item) + 2 > CONFIG_TEXT_MAX)
        return CH_EINVAL;
    snprintf(list + used, CONFIG_TEXT_MAX - used, "%s%s", used == 0 ? "" : ",", item);
    return 0;
}

static bool list_has(const char *list, const char *item)
{
    size_t len = strlen(item);
    for (const char *at = strstr(list, item); at != NULL; at = strstr(at + 1, item))
        if ((at == list || at[-1] == ',') && (at[len] == ',' || at[len] == '\0'))
            return true;
    return false;
}

static int port_take(const char *text, long least, long *out)
{
    char *end = NULL;
    errno = 0;
    *out = strtol(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *out >= least && *out <= 65535 ? 0
                                                                                        : CH_EINVAL;
}

static int option_take(int option, const char *value, struct choices *out)
{
    switch (option) {
    case 's':
        out->state = value;
        return 0;
    case 'm':
        out->module = value;
        return 0;
    case 'l':
        out->label = value;
        return 0;
    case 'f':
        out->pin_file = value;
        return 0;
    case 'S':
        out->pin_source = value;
        return 0;
    case 'o':
        out->organization = value;
        return 0;
    case 'c':
        out->country = value;
        return 0;
    case 'p':
        return port_take(value, 1, &out->port);
    case 'P':
        return port_take(value, 0, &out->public_port);
    case 'n':
        return list_add(out->names, value);
    case 'r':
        return list_add(out->regions, value);
    default:
        return CH_EUNSUPPORTED;
    }
}

/* 0; 'h' when help is asked for; '?' when the words make no sense. */
static int choices_take(int argc, char **argv, struct choices *out)
{
    static const struct option options[] = {{"state", required_argument, NULL, 's'},
                                            {"port", required_argument, NULL, 'p'},
                                            {"public-port", required_argument, NULL, 'P'},
                                            {"module", required_argument, NULL, 'm'},
                                            {"token-label", required_argument, NULL, 'l'},
                                            {"pin-file", required_argument, NULL, 'f'},
                                            {"pin-source", required_argument, NULL, 'S'},
                                            {"region", required_argument, NULL, 'r'},
                                            {"name", required_argument, NULL, 'n'},
                                            {"organization", required_argument, NULL, 'o'},
                                            {"country", required_argument, NULL, 'c'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int option = 0;
    *out = (struct choices){.port = -1, .public_port = -1};
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        int r = option_take(option, optarg, out);
        if (r == CH_EINVAL)
            command_fail("\"%s\" is not usable here", optarg);
        if (r != 0)
            return option == 'h' ? 'h' : '?';
    }
    return optind == argc && out->state != NULL ? 0 : '?';
}

/* ---- steps; each completes what is missing ---- */

/* What init and the appliance make in STATE; the folder is given to the core user with all in it. */
static bool name_is_ours(const char *name)
{
    static const char *const names[] = {".", "..", "chancery.conf", "env", "ca-bundle.pem",
                                        "softhsm2.conf", "run", "store", "secrets", "token",
                                        "first-light", "lost+found", "public", "reports"};
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
        if (strcmp(name, names[n]) == 0)
            return true;
    return false;
}

/* Refuses a folder that holds something of somebody else and no appliance. */
static int check_folder(const char *path)
{
    char conf[PATH_MAX + 16];
    snprintf(conf, sizeof conf, "%s/chancery.conf", path);
    DIR *folder = file_exists(conf) ? NULL : opendir(path);
    int r = 0;
    for (struct dirent *entry; folder != NULL && r == 0 && (entry = readdir(folder)) != NULL;)
        if (!name_is_ours(entry->d_name)) {
            command_fail("%s holds \"%s\" and no appliance: give a new or an empty folder", path,
                         entry->d_name);
            r = CH_EEXISTS;
        }
    if (folder != NULL)
        closedir(folder);
    return r;
}

static int make_folders(struct init *i)
{
    static const struct {
        const char *name;
        mode_t mode;
    } folders[] = {{"run", 0750}, {"store", 0700}, {"secrets", 0700}, {"public", 0750},
                   {"reports", 0750}};
    char path[PATH_MAX + 16];
    int r = file_parents(i->choices.state);
    if (r == 0)
        r = mkdir(i->choices.state, 0750) == 0 || errno == EEXIST ? 0 : CH_EIO;
    char *real = r == 0 ? realpath(i->choices.state, NULL) : NULL;
    if (real == NULL || strlen(real) > CONFIG_TEXT_MAX - 64) {
        command_fail("%s: %s", i->choices.state,
                     real == NULL ? strerror(errno) : "the path is too long");
        free(real);
        return CH_EIO;
    }
    snprintf(i->state, sizeof i->state, "%s", real);
    free(real);
    r = check_folder(i->state);
    if (r == 0 && chmod(i->state, 0750) != 0)
        r = CH_EIO;
    for (size_t f = 0; f < sizeof folders / sizeof folders[0] && r == 0; f++) {
        snprintf(path, sizeof path, "%s/%s", i->state, folders[f].name);
        r = file_folder(path, folders[f].mode);
    }
    return r;
}

static int load_config(struct init *i)
{
    snprintf(i->conf, sizeof i->conf, "%s/chancery.conf", i->state);
    i->fresh = !file_exists(i->conf);
    config_defaults(&i->config);
    if (!i->fresh)
        return config_load(i->conf, &i->config, stderr);
    if (i->choices.module == NULL) {
        int r = softhsm_configure(i->state, &i->config);
        if (r == CH_ENOTFOUND)
            command_fail("SoftHSM is not installed (package softhsm2), and no --module is given");
        return r;
    }
    if (i->choices.pin_file == NULL &&
        (i->choices.pin_source == NULL || strcmp(i->choices.pin_source, "file") == 0)) {
        command_fail("--module needs --pin-file or --pin-source, and --token-label unless it is "
                     "\"%s\"",
                     i->config.hsm_token_label);
        return CH_EINVAL;
    }
    return 0;
}

static int path_choose(const char *given, char out[CONFIG_TEXT_MAX])
{
    char *real = realpath(given, NULL);
    if (real == NULL || strlen(real) >= CONFIG_TEXT_MAX) {
        command_fail("%s: %s", given, real == NULL ? strerror(errno) : "the path is too long");
        free(real);
        return CH_EINVAL;
    }
    snprintf(out, CONFIG_TEXT_MAX, "%s", real);
    free(real);
    return 0;
}

/* Names are added to those that are there: a certificate that lost a name would lock its users out. */
static int choose_names(struct init *i)
{
    char *rest = NULL;
    int r = 0;
    for (char *name = strtok_r(i->choices.names, ",", &rest); name != NULL && r == 0;
         name = strtok_r(NULL, ",", &rest))
        if (!list_has(i->config.manage_names, name))
            r = list_add(i->config.manage_names, name);
    return r;
}

static int apply_choices(struct init *i)
{
    struct config *c = &i->config;
    int r = choose_names(i);
    if (i->choices.port > 0)
        c->manage_port = i->choices.port;
    if (i->choices.public_port >= 0)
        c->public_port = i->choices.public_port;
    if (i->choices.regions[0] != '\0')
        snprintf(c->core_regions, sizeof c->core_regions, "%s", i->choices.regions);
    if (i->choices.label != NULL)
        snprintf(c->hsm_token_label, sizeof c->hsm_token_label, "%s", i->choices.label);
    if (i->choices.organization != NULL)
        snprintf(c->trust_organization, sizeof c->trust_organization, "%s",
                 i->choices.organization);
    if (i->choices.country != NULL)
        snprintf(c->trust_country, sizeof c->trust_country, "%s", i->choices.country);
    if (r == 0 && i->choices.module != NULL)
        r = path_choose(i->choices.module, c->hsm_module);
    if (r == 0 && i->choices.pin_file != NULL)
        r = path_choose(i->choices.pin_file, c->hsm_pin_file);
    if (r == 0 && (i->choices.pin_source != NULL || i->choices.pin_file != NULL))
        r = pin_source_choose(i->choices.pin_source == NULL ? "file" : i->choices.pin_source, c);
    return r;
}

static int take_pin(struct init *i)
{
    bool is_new = softhsm_is_own(i->state, &i->config) &&
                  softhsm_token_is_wanted(i->state, &i->config);
    return pin_obtain(&i->config, is_new, &i->pin);
}

static int prepare_token(struct init *i)
{
    char path[PATH_MAX + 16];
    if (!softhsm_is_own(i->state, &i->config))
        return core_hsm_environment(&i->config);
    snprintf(path, sizeof path, "%s/token", i->state);
    int r = file_folder(path, 0700);
    return r != 0 ? r : softhsm_prepare(i->state, &i->config, i->pin.pin);
}

static int save_config(struct init *i)
{
    return config_save(i->conf, &i->config);
}

static int provision(struct init *i)
{
    printf("provisioning: system keys, management CA, first account\n");
    return appliance_provision(i->state, &i->config, &i->pin, &i->appliance);
}

static int write_environment(struct init *i)
{
    return environment_write(i->state, &i->config, &i->appliance);
}

/*
 * Core's own user gets what core needs, when it can come here at all; otherwise core stays uid 0 without any
 * capability and reads what root owns.
 */
static int give_to_core(struct init *i)
{
    static const struct {
        const char *name;
        bool stays_root; /* core has no business with it */
    } things[] = {{"token", false}, {"store", false}, {"secrets", false},
                  {"secrets/so-pin", true}, {"softhsm2.conf", false}, {"public", false},
                  {"reports", false}};
    char path[PATH_MAX + 16], blocker[PATH_MAX];
    const struct passwd *user = geteuid() == 0 ? getpwnam(i->config.user_core) : NULL;
    if (user == NULL)
        return 0;
    uid_t uid = user->pw_uid;
    gid_t gid = user->pw_gid;
    if (chown(i->state, 0, gid) != 0)
        return CH_EIO;
    bool reaches = privilege_reaches(i->state, uid, gid, blocker, sizeof blocker);
    if (!reaches) {
        printf("note: user %s cannot pass %s; core will stay root without capabilities\n",
               i->config.user_core, blocker);
        uid = 0;
        gid = 0;
        if (chown(i->state, 0, 0) != 0)
            return CH_EIO;
    }
    int r = 0;
    for (size_t t = 0; t < sizeof things / sizeof things[0] && r == 0; t++) {
        snprintf(path, sizeof path, "%s/%s", i->state, things[t].name);
        if (file_exists(path))
            r = file_own(path, things[t].stays_root ? 0 : uid, things[t].stays_root ? 0 : gid);
    }
    return r;
}

static void report(const struct init *i)
{
    if (i->appliance.existed)
        printf("%s is provisioned already\n", i->state);
    printf("account            %s\nuser               %s\naccess key id      %s\n"
           "endpoint           https://localhost:%lld\n"
           "shell settings     . %s/env\n"
           "CA bundle          %s/ca-bundle.pem\n"
           "public roots       `chancery trust list`: made after the start, in the background\n",
           i->appliance.account, APPLIANCE_ADMINISTRATOR, i->appliance.access_key_id,
           (long long)i->config.manage_port, i->state, i->state);
}

static const struct {
    const char *what;
    int (*run)(struct init *i);
} steps[] = {
    {"folders", make_folders},        {"configuration", load_config},
    {"options", apply_choices},       {"PIN", take_pin},
    {"token", prepare_token},         {"configuration", save_config},
    {"provisioning", provision},      {"settings", write_environment},
    {"ownership", give_to_core},
};

int init_run(int argc, char **argv)
{
    static struct init init;
    int option = choices_take(argc, argv, &init.choices);
    if (option != 0)
        return command_usage(option == 'h' ? COMMAND_DONE : COMMAND_USAGE);
    int r = 0;
    for (size_t s = 0; s < sizeof steps / sizeof steps[0] && r == 0; s++) {
        r = steps[s].run(&init);
        if (r != 0)
            command_fail("%s: %s", steps[s].what, ch_error_text(r));
    }
    if (r == 0)
        report(&init);
    appliance_free(&init.appliance);
    secret_free(init.pin.pin);
    return r == 0 ? COMMAND_DONE : COMMAND_FAILED;
}
