/*
 * config.h - STATE/chancery.conf: the whole configuration as rows {section, key,
 * kind, default, bounds}; reader, checker, writer and manual page share them.
 */
#ifndef CHANCERY_BASE_CONFIG_H
#define CHANCERY_BASE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define CONFIG_TEXT_MAX 256

/* Texts are never NULL; an unset optional text is "". Durations are seconds. */
struct config {
    /* [manage] the management plane */
    char manage_address[CONFIG_TEXT_MAX]; /* "0.0.0.0" */
    int64_t manage_port;                  /* 8443 */
    char manage_names[CONFIG_TEXT_MAX];   /* names and addresses in its TLS certificate, comma-separated: "localhost,127.0.0.1,::1" */
    int64_t manage_certificate_lifetime;  /* 90d; renewed when a third is left */
    int64_t manage_connections;           /* 12000 at most at once */
    int64_t manage_connections_per_address; /* 0 = no limit of its own */
    int64_t manage_idle_timeout;          /* 300: keep-alive without a request */
    int64_t manage_request_timeout;       /* 30: for header and body of one request */
    /* [public] the public plane (OCSP, CRL); port 0 = off */
    char public_address[CONFIG_TEXT_MAX];
    int64_t public_port;                  /* 8080 */
    char public_url[CONFIG_TEXT_MAX];     /* "http://pki.example.internal", or "" */
    int64_t public_connections;           /* 12000 at most at once */
    int64_t public_connections_per_address; /* 0 = no limit of its own */
    int64_t public_idle_timeout;          /* 60 */
    int64_t public_request_timeout;       /* 10 */
    /* [crl] */
    char crl_buckets[CONFIG_TEXT_MAX];    /* what CrlConfiguration.S3BucketName may say, comma-separated, or "" */
    /* [core] */
    int64_t core_workers;                 /* 32 threads that act on calls */
    char core_regions[CONFIG_TEXT_MAX];   /* "us-east-1", comma-separated */
    int64_t core_clock_skew;              /* 300: SigV4 window */
    /* [sign_in] to the console */
    int64_t sign_in_attempts;             /* 10: wrong ones of a user in a window */
    int64_t sign_in_attempts_per_address; /* 100 */
    int64_t sign_in_window;               /* 15m */
    int64_t sign_in_at_once;              /* 4: passwords that are tried at once */
    int64_t sign_in_session;              /* 12h: of the credentials */
    /* [domains] names in public certificates; lists are comma-separated */
    char domains_top_level[CONFIG_TEXT_MAX];  /* further top-level domains that count as public, or "" */
    char domains_forbidden[CONFIG_TEXT_MAX];  /* nothing below these is certified */
    char domains_review[CONFIG_TEXT_MAX];     /* below these a person must have looked first, or "" */
    char domains_dns_suffix[CONFIG_TEXT_MAX]; /* "acm-validations.aws": where validation records point */
    char domains_redirect_host[CONFIG_TEXT_MAX]; /* of RedirectTo; "" = validation.<region>.<dns_suffix> */
    /* [trust] the appliance's own authorities, which issue public certificates */
    char trust_create[CONFIG_TEXT_MAX];   /* "start" or "demand": when they are made */
    char trust_organization[CONFIG_TEXT_MAX]; /* in their names */
    char trust_country[CONFIG_TEXT_MAX];  /* two letters */
    int64_t trust_intermediates;          /* 3: for each family of keys */
    int64_t trust_validity;               /* 395d: of public certificates */
    char trust_policies[CONFIG_TEXT_MAX]; /* OIDs of certificatePolicies, comma-separated */
    /* [ct] certificate transparency of public certificates */
    bool ct_embedded;                     /* the appliance keeps a log itself */
    int64_t ct_operators;                 /* 1: timestamps in a certificate come from so many; 0 = none */
    char ct_failure[CONFIG_TEXT_MAX];     /* "wait" or "issue": when too few logs answer */
    int64_t ct_timeout;                   /* 10s: a log answers within */
    /* [weak_keys] */
    char weak_keys_folder[CONFIG_TEXT_MAX];   /* lists of hashes, relative to STATE, or "" */
    char domains_caa_names[CONFIG_TEXT_MAX];  /* issuers in CAA records that are us */
    int64_t domains_checks, domains_checks_per_server; /* 256, 32: at once */
    int64_t domains_checks_per_second;        /* 100, at the same servers; 0 = no limit */
    /* [outbound] */
    char outbound_resolvers[CONFIG_TEXT_MAX]; /* "192.0.2.53,192.0.2.54@5353", or "" = own recursion */
    int64_t outbound_quorum;                  /* 0 = all resolvers must agree */
    char outbound_trust_anchor[CONFIG_TEXT_MAX]; /* file, relative to STATE */
    char outbound_stubs[CONFIG_TEXT_MAX];     /* "corp.example=192.0.2.1@53,..." or "" */
    char outbound_unsigned[CONFIG_TEXT_MAX];  /* domains without DNSSEC, or "" */
    char outbound_allowed_networks[CONFIG_TEXT_MAX]; /* "10.0.0.0/8,..." or "" */
    int64_t outbound_workers;                 /* 64 */
    char outbound_trust[CONFIG_TEXT_MAX];     /* PEM file, relative to STATE, or "" */
    /* [mail] */
    char mail_relay[CONFIG_TEXT_MAX];         /* "smtp://relay:587", or "" = no mail */
    bool mail_starttls;
    char mail_from[CONFIG_TEXT_MAX];
    /* [s3] */
    char s3_endpoint[CONFIG_TEXT_MAX];        /* "https://s3.example.com", or "" = none */
    char s3_region[CONFIG_TEXT_MAX];
    /* [hsm] */
    char hsm_module[CONFIG_TEXT_MAX];     /* path of the PKCS#11 module */
    char hsm_init_args[CONFIG_TEXT_MAX];  /* C_Initialize reserved string (NSS), or "" */
    char hsm_environment[CONFIG_TEXT_MAX];/* "NAME=value" for the module (SOFTHSM2_CONF=...), or "" */
    char hsm_token_label[CONFIG_TEXT_MAX];
    char hsm_token_serial[CONFIG_TEXT_MAX]; /* "" = by label alone */
    char hsm_pin_source[CONFIG_TEXT_MAX]; /* "file", "credential", "console": pin.h */
    char hsm_pin_file[CONFIG_TEXT_MAX];
    char hsm_pin_credential[CONFIG_TEXT_MAX]; /* "hsm-pin" */
    char hsm_writable[CONFIG_TEXT_MAX];   /* folder the module writes to, fsynced after key creation; "" = none */
    bool hsm_network;                     /* the module talks to a network HSM: allow sockets in core */
    int64_t hsm_signers;                  /* 0 = one for each processor */
    int64_t hsm_sessions;                 /* 32 at most */
    int64_t hsm_unwrapped_keys;           /* 1000: LRU of unwrapped subscriber keys */
    int64_t hsm_pool_rsa_2048, hsm_pool_rsa_3072, hsm_pool_rsa_4096; /* 16, 4, 2: keys made ahead; 0 = off */
    /* [quota]: 0 = no limit; see ca/quota.h */
    int64_t quota_certificates, quota_certificates_per_year;
    int64_t quota_imports, quota_imports_per_year;
    int64_t quota_names;                  /* of one requested certificate, never 0 */
    int64_t quota_authorities;
    int64_t quota_issued;                 /* of one authority, ever */
    int64_t quota_waiting;                /* 200: private certificates that wait for a key at once */
    /* [rate]: how often operations may be called; see ca/throttle.h */
    int64_t rate_percent;                 /* of AWS's own rates; 0 = no limit */
    char rate_exceptions[CONFIG_TEXT_MAX];/* "acm:RequestCertificate=50,..." a second, or "" */
    int64_t hsm_kek_rotation;             /* 365d: age at which wrapping keys are replaced; 0 = by hand only */
    /* [audit] */
    int64_t audit_checkpoint_records;     /* 1000: so many records at most without a signed checkpoint */
    int64_t audit_checkpoint_interval;    /* 5m: so long at most */
    /* [approval] separation of duties; see ca/duties/duties.h */
    char approval_operations[CONFIG_TEXT_MAX]; /* groups of operations, comma-separated, or "" = off */
    int64_t approval_expiry;              /* 24h */
    /* [reports] */
    char reports_buckets[CONFIG_TEXT_MAX];/* what S3BucketName of audit reports may say, comma-separated, or "" */
    /* [store] */
    char store_path[CONFIG_TEXT_MAX];     /* "store/chancery.db", relative to STATE */
    /* [user]: Unix users of the processes when started as root */
    char user_front[CONFIG_TEXT_MAX];     /* "_chancery-front" */
    char user_core[CONFIG_TEXT_MAX];      /* "_chancery-core" */
    char user_outbound[CONFIG_TEXT_MAX];  /* "_chancery-outbound" */
    /* [log] */
    char log_level[CONFIG_TEXT_MAX];      /* error, warn, info, debug */
};

/* All defaults. */
void config_defaults(struct config *out);

/*
 * Reads the file over the defaults. On CH_EINVAL (unknown section or key, bad
 * value: every one of them) the reasons, a line each with the line number, are
 * printed to errors. CH_ENOTFOUND, CH_EIO, CH_ENOMEM.
 */
int config_load(const char *path, struct config *out, FILE *errors);

/* Writes the file with each key explained (mode 0640, fsynced, by rename). 0, CH_EINVAL when config_load would refuse it, CH_EIO, CH_ENOSPACE. */
int config_save(const char *path, const struct config *config);

/* Prints all keys with default and meaning, for --help and the manual. */
void config_describe(FILE *out);

#endif
