// Documents of the repository that the service serves, as constants of the program.
#ifndef C360_DOCUMENTS_H
#define C360_DOCUMENTS_H

#include <stddef.h>

/// openapi.yaml, without a NUL at its end.
const unsigned char *c360_openapi(void);
size_t c360_openapi_length(void);

#endif
