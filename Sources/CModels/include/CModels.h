// Trained models that ship, as constants of the program. docs/models says how each was made and from what.
#ifndef C360_MODELS_H
#define C360_MODELS_H

#include <stddef.h>

/// The sentiment model, as `customer360 lab sentiment-train` wrote it.
const unsigned char *c360_sentiment_model(void);
size_t c360_sentiment_model_length(void);

#endif
