// Runs one of the benches beside this file: node benches/run.js NAME [OPTIONS]. They are TypeScript, and Vite can load it.
import { runnerImport } from "vite";

const [name] = process.argv.splice(2, 1);
await runnerImport(new URL(`${name}.ts`, import.meta.url).pathname, { configFile: false, logLevel: "error" });
