#include "CDocuments.h"

// #embed is C23; the rest of the repository's C is older.
#pragma clang diagnostic ignored "-Wc23-extensions"

// The compiler puts the file's bytes here; the build knows that it depends on them.
static const unsigned char openapi[] = {
#embed "../../openapi.yaml"
};

const unsigned char *c360_openapi(void) { return openapi; }
size_t c360_openapi_length(void) { return sizeof openapi; }
