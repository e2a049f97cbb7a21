/*
 * weak_keys.h - the folder with lists of keys that everybody can have ([weak_keys] folder), read at the start.
 */
#ifndef CHANCERY_CA_WEAK_KEYS_H
#define CHANCERY_CA_WEAK_KEYS_H

/*
 * Reads every file of the folder (relative to state unless absolute) that is not hidden, and has keys in them
 * refused from now on: known_keys_use. "" = none. Says in the log what is wrong, and where: CH_ENOTFOUND when there is no such
 * folder, CH_EINVAL for a line that is no hash or a file that this user may not read, CH_ELIMIT for too many;
 * CH_EIO, CH_ENOMEM.
 */
int weak_keys_load(const char *state, const char *folder);

#endif
