/// Tests in a real browser, over the real program. `KEYLINE_BIN` names it; without, the builds of this checkout are
/// tried. `CHROMIUM` names the browser.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: process.env.MEASURE ? ["e2e/measure.ts"] : process.env.DRAW ? ["e2e/pictures.ts"] : ["e2e/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 180_000,
    fileParallelism: false,
    // A busy machine can be slower than a browser waits; what is broken fails twice.
    retry: 1,
  },
});
