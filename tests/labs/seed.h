// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where the hidden tests of labs/ find their numbers: "labs/seed.h".

#include "../../labs/support/seed.h"  // IWYU pragma: export
