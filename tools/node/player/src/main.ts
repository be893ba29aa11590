// SPDX-License-Identifier: Apache-2.0
//
// The script of a page that plays a record. It is deferred and comes last: all records
// that the page asks for have been read by then, or did not come.

import "./beside.js";
