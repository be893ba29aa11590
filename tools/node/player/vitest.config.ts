// SPDX-License-Identifier: Apache-2.0

import { defineConfig } from "vitest/config";

export default defineConfig({
  cacheDir: "../node_modules/.vite",
  server: { fs: { allow: [".."] } }, // the tests of ../code
  test: { include: ["test/**/*.test.ts", "../code/test/**/*.test.ts"], cache: false, watch: false },
});
