#include "CMongoC.h"
