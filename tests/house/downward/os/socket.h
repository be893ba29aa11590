// SPDX-License-Identifier: Apache-2.0
#pragma once

// The twin of upward/os/socket.h: base lies below os.
#include "netpoll/base/result.h"
