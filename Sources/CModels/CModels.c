#include "CModels.h"

// #embed is C23; the rest of the repository's C is older.
#pragma clang diagnostic ignored "-Wc23-extensions"

// The compiler puts the file's bytes here; the build knows that it depends on them.
static const unsigned char sentiment[] = {
#embed "sentiment.model"
};

const unsigned char *c360_sentiment_model(void) { return sentiment; }
size_t c360_sentiment_model_length(void) { return sizeof sentiment; }
