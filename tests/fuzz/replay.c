/*
 * replay.c - runs a fuzz target over the files of its seed folder, without libFuzzer, so that
 * every test run replays them. Prints TAP, one line a seed.
 *
 *   fuzz_<parser> FOLDER
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SEED_MAX (8u * 1024 * 1024)

static int seed_run(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(SEED_MAX);
    if (file == NULL || data == NULL) {
        perror(path);
        exit(1);
    }
    size_t size = fread(data, 1, SEED_MAX, file);
    fclose(file);
    /* An exact-sized copy, so that the sanitizer sees a read past the end. */
    uint8_t *exact = malloc(size == 0 ? 1 : size);
    if (exact == NULL)
        exit(1);
    memcpy(exact, data, size);
    int result = LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    free(data);
    return result;
}

int main(int argc, char **argv)
{
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (folder == NULL) {
        fprintf(stderr, "usage: %s FOLDER-OF-SEEDS\n", argv[0]);
        return 2;
    }
    unsigned count = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        int result = seed_run(argv[1], entry->d_name);
        printf("%s %u - %s\n", result == 0 ? "ok" : "not ok", ++count, entry->d_name);
    }
    closedir(folder);
    printf("1..%u\n", count);
    return count == 0;
}
