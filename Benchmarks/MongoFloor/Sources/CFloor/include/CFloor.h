#pragma once
#include <stdint.h>

/// Finds by `_id`, one after the other, with nothing between libmongoc and the loop: seconds taken, below zero on failure.
/// Ids are the integers below `documents`, in the order of a small generator.
double floor_find(const char *uri, const char *database, const char *collection, int documents, int finds);
