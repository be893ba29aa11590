// SPDX-License-Identifier: Apache-2.0
#pragma once

// Planted: os lies below connection.
#include "netpoll/connection/connection.h"
