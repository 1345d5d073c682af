// The dashboard and the page at /docs: built into `dist`, which is committed and compiled into the binary. They share no
// module, so that neither loads a part of the other.
import { resolve } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const service = process.env["MILEPOST"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  root: "dashboard",
  base: "/",
  plugins: [react()],
  worker: { format: "es" },
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the page's policy allows nothing inline
    sourcemap: false,
    rolldownOptions: {
      input: ["index", "docs"].map((page) => resolve(import.meta.dirname, `dashboard/${page}.html`)),
    },
  },
  // A page under development speaks to a service beside it: MILEPOST=http://127.0.0.1:8080 npx vite
  server: {
    proxy: {
      "^/(v1|demo|openapi|asyncapi)": {
        target: service,
        ws: true,
        changeOrigin: true,
        // Without credentials a service refuses pages from elsewhere, which this one is for the time being.
        configure(proxy) {
          proxy.on("proxyReq", (request) => request.getHeader("origin") && request.setHeader("origin", service));
          proxy.on("proxyReqWs", (request) => request.setHeader("origin", service));
        },
      },
    },
  },
});
