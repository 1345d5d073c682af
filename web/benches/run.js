// Runs one of the benches beside this file: node benches/run.js NAME [--OPTION NUMBER]. They are TypeScript, which Vite
// can load. What is measured is a release build, unless MILEPOST_BIN names another.
import { runnerImport } from "vite";

process.env.MILEPOST_BIN ??= new URL("../../target/release/milepost", import.meta.url).pathname;
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));
const [name] = process.argv.splice(2, 1);
await runnerImport(new URL(`${name}.ts`, import.meta.url).pathname, { configFile: false, logLevel: "error" });
