/* The part of Security.framework and CoreFoundation that keyring's macOS module calls, for Linux.
 *
 * It proves how we marshal, which keys a query has, and what each result code
 * becomes. It proves nothing about Apple's own behaviour: prompts, access lists,
 * locked keychains.
 *
 * The items are in a file ($FAKE_KEYCHAIN), read and written under flock by every
 * call, so that several processes share them. $FAKE_KEYCHAIN.status, if it is
 * there, holds the result code that every call gives.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { STRING = 1, NUMBER, DATA, DICTIONARY, CONSTANT };
enum { OK = 0, BAD_PARAMETER = -50, DUPLICATE = -25299, NOT_FOUND = -25300 };
#define UTF8 0x08000100
#define MAX_ITEMS 4096

typedef struct object {
    int kind;
    size_t length;
    char *bytes;              /* STRING, DATA, CONSTANT */
    int32_t number;           /* NUMBER */
    struct object **keys, **values; /* DICTIONARY */
} object;

#define CONSTANT_OBJECT(name)                                        \
    static object name##_object = {CONSTANT, 0, #name, 0, NULL, NULL}; \
    object *name = &name##_object;

CONSTANT_OBJECT(kSecClass)
CONSTANT_OBJECT(kSecClassGenericPassword)
CONSTANT_OBJECT(kSecMatchLimit)
CONSTANT_OBJECT(kSecMatchLimitOne)
CONSTANT_OBJECT(kSecAttrService)
CONSTANT_OBJECT(kSecAttrAccount)
CONSTANT_OBJECT(kSecReturnData)
CONSTANT_OBJECT(kSecValueData)
char kCFTypeDictionaryKeyCallBacks[64], kCFTypeDictionaryValueCallBacks[64];

static object *make(int kind, const void *bytes, size_t length) {
    object *made = calloc(1, sizeof *made);
    made->kind = kind;
    made->length = length;
    made->bytes = malloc(length + 1);
    memcpy(made->bytes, bytes, length);
    made->bytes[length] = 0;
    return made;
}

object *CFStringCreateWithCString(void *allocator, const char *text, uint32_t encoding) {
    (void)allocator;
    return encoding == UTF8 ? make(STRING, text, strlen(text)) : NULL;
}

object *CFNumberCreate(void *allocator, uint32_t type, const void *value) {
    (void)allocator;
    (void)type;
    object *made = make(NUMBER, "", 0);
    made->number = *(const int32_t *)value;
    return made;
}

object *CFDictionaryCreate(void *allocator, void **keys, void **values, int32_t count, void *k, void *v) {
    (void)allocator, (void)k, (void)v;
    object *made = make(DICTIONARY, "", 0);
    made->length = (size_t)count;
    made->keys = memcpy(calloc((size_t)count, sizeof(void *)), keys, (size_t)count * sizeof(void *));
    made->values = memcpy(calloc((size_t)count, sizeof(void *)), values, (size_t)count * sizeof(void *));
    return made;
}

const char *CFDataGetBytePtr(object *data) { return data->bytes; }
int32_t CFDataGetLength(object *data) { return (int32_t)data->length; }

static object *lookup(object *query, object *key) {
    for (size_t at = 0; at < query->length; at++)
        if (query->keys[at] == key) return query->values[at];
    return NULL;
}

/* ---- the file: for each item service, account and value, each a length and its bytes ---- */
typedef struct { object *service, *account, *value; } item;
typedef struct { int descriptor; size_t count; item items[MAX_ITEMS]; } keychain;

static object *read_field(FILE *file) {
    uint32_t length;
    if (fread(&length, sizeof length, 1, file) != 1) return NULL;
    char *bytes = malloc(length + 1);
    if (fread(bytes, 1, length, file) != length) return NULL;
    return make(DATA, bytes, length);
}

static keychain *unlock_file(void) {
    keychain *opened = calloc(1, sizeof *opened);
    opened->descriptor = open(getenv("FAKE_KEYCHAIN"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    flock(opened->descriptor, LOCK_EX);
    FILE *file = fdopen(dup(opened->descriptor), "rb");
    for (item *next = opened->items; (next->service = read_field(file)) != NULL; next++) {
        next->account = read_field(file);
        next->value = read_field(file);
        opened->count++;
    }
    fclose(file);
    return opened;
}

static void write_field(FILE *file, object *field) {
    uint32_t length = (uint32_t)field->length;
    fwrite(&length, sizeof length, 1, file);
    fwrite(field->bytes, 1, length, file);
}

static int32_t done(keychain *opened, int changed, int32_t status) {
    if (changed) {
        char *content;
        size_t size;
        FILE *file = open_memstream(&content, &size);
        for (size_t at = 0; at < opened->count; at++) {
            write_field(file, opened->items[at].service);
            write_field(file, opened->items[at].account);
            write_field(file, opened->items[at].value);
        }
        fclose(file);
        if (pwrite(opened->descriptor, content, size, 0) != (ssize_t)size || ftruncate(opened->descriptor, (off_t)size)) abort();
    }
    close(opened->descriptor);
    return status;
}

static int32_t refusal(object *query) {
    char path[4096];
    snprintf(path, sizeof path, "%s.status", getenv("FAKE_KEYCHAIN"));
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        int status = 0;
        int found = fscanf(file, "%d", &status);
        fclose(file);
        if (found == 1) return status;
    }
    if (query == NULL || query->kind != DICTIONARY || lookup(query, kSecClass) != kSecClassGenericPassword ||
        lookup(query, kSecAttrService) == NULL || lookup(query, kSecAttrAccount) == NULL)
        return BAD_PARAMETER;
    return OK;
}

static int same(object *one, object *other) {
    return one->length == other->length && memcmp(one->bytes, other->bytes, one->length) == 0;
}

static item *find(keychain *opened, object *query) {
    for (item *at = opened->items; at < opened->items + opened->count; at++)
        if (same(at->service, lookup(query, kSecAttrService)) && same(at->account, lookup(query, kSecAttrAccount)))
            return at;
    return NULL;
}

int32_t SecItemAdd(object *query, void **result) {
    (void)result;
    int32_t refused = refusal(query);
    if (refused) return refused;
    if (lookup(query, kSecValueData) == NULL) return BAD_PARAMETER;
    keychain *opened = unlock_file();
    if (find(opened, query) != NULL) return done(opened, 0, DUPLICATE);
    if (opened->count == MAX_ITEMS - 1) return done(opened, 0, BAD_PARAMETER);
    item *new_item = &opened->items[opened->count++];
    new_item->service = lookup(query, kSecAttrService);
    new_item->account = lookup(query, kSecAttrAccount);
    new_item->value = lookup(query, kSecValueData);
    return done(opened, 1, OK);
}

int32_t SecItemCopyMatching(object *query, object **result) {
    int32_t refused = refusal(query);
    if (refused) return refused;
    keychain *opened = unlock_file();
    item *found = find(opened, query);
    if (found == NULL) return done(opened, 0, NOT_FOUND);
    if (lookup(query, kSecReturnData) != NULL) *result = found->value;
    return done(opened, 0, OK);
}

int32_t SecItemDelete(object *query) {
    int32_t refused = refusal(query);
    if (refused) return refused;
    keychain *opened = unlock_file();
    item *found = find(opened, query);
    if (found == NULL) return done(opened, 0, NOT_FOUND);
    *found = opened->items[--opened->count];
    return done(opened, 1, OK);
}
