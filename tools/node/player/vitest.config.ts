// SPDX-License-Identifier: Apache-2.0

import { defineConfig } from "vitest/config";

export default defineConfig({
  cacheDir: "../node_modules/.vite",
  test: { include: ["test/**/*.test.ts"], cache: false, watch: false },
});
