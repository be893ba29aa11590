// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Sends back to each client what it sends, until the process is ended.
/// `listener` is a listening socket, and non-blocking.
void serve(int listener);
