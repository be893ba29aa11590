// SPDX-License-Identifier: Apache-2.0
#pragma once

// All public names of the library in one include. src/README.md says in which
// order to read the folders.

#include "netpoll/base/error.h"
#include "netpoll/base/log.h"
#include "netpoll/base/result.h"
#include "netpoll/client/dialer.h"
#include "netpoll/connection/connection.h"
#include "netpoll/connection/handlers.h"
#include "netpoll/connection/runtime.h"
#include "netpoll/link_buffer/byte_stream.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/link_buffer/stream_reader_writer.h"
#include "netpoll/mux/shard_queue.h"
#include "netpoll/os/address.h"
#include "netpoll/os/signals.h"
#include "netpoll/server/event_loop.h"
#include "netpoll/server/listener.h"
