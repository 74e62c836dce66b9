/* SPDX-License-Identifier: MIT
 *
 * libcrypto does it. A failure in the middle is kept until the end, where somebody looks. */
#include "hash.h"

#include <openssl/evp.h>

bool hash_begin(struct hash *hash) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    *hash = (struct hash){.context = context};
    if (!context) return false;
    if (EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1) return true;
    EVP_MD_CTX_free(context);
    return false;
}

void hash_add(struct hash *hash, const void *bytes, size_t n) {
    if (EVP_DigestUpdate(hash->context, bytes, n) != 1) hash->failed = true;
}

bool hash_end(struct hash *hash, unsigned char ret[HASH_SIZE]) {
    bool done = EVP_DigestFinal_ex(hash->context, ret, NULL) == 1;
    EVP_MD_CTX_free(hash->context);
    hash->context = NULL;
    return done && !hash->failed;
}
