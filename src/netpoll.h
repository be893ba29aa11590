// SPDX-License-Identifier: Apache-2.0
#pragma once

// The public names in one include. The road through the folders: src/README.md.

#include "base/error.h"
#include "base/log.h"
#include "base/result.h"
#include "client/dialer.h"
#include "connection/connection.h"
#include "connection/handlers.h"
#include "connection/runtime.h"
#include "link_buffer/byte_stream.h"
#include "link_buffer/link_buffer.h"
#include "link_buffer/stream_reader_writer.h"
#include "mux/shard_queue.h"
#include "os/address.h"
#include "server/event_loop.h"
#include "server/listener.h"
