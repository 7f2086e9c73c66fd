/// The build of the web pages: one entry, the screens with heavy parts in chunks that are loaded when
/// they are opened. The server embeds `dist` as it is.
import { defineConfig } from "vitest/config";

export default defineConfig({
  base: "/",
  build: {
    target: "es2022",
    cssCodeSplit: true,
    // Inlined files would be `data:` URLs, which the content policy forbids.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { "/api": process.env.KEYLINE_URL ?? "http://127.0.0.1:7878" } },
  test: { include: ["test/**/*.test.ts"] },
});
