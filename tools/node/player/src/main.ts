// SPDX-License-Identifier: Apache-2.0
//
// The script of a page. It stands behind each figure: the first time it brings the
// elements, each time it lets those begin whose records have been read by then.

import "./beside.js";
import type { TraceBeside } from "./beside.js";
import type { TracePlayer } from "./player.js";

for (const player of document.querySelectorAll<TracePlayer>("trace-player")) player.begin();
for (const pair of document.querySelectorAll<TraceBeside>("trace-beside")) pair.follow();
