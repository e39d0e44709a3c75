// Runs a test of the core for wasm32-wasip1 under Node's WASI, with the repository's files where they are natively.
//
// cargo calls it: CARGO_TARGET_WASM32_WASIP1_RUNNER="node tests/wasi.mjs" cargo test --target wasm32-wasip1
// (cargo runs it in the package's folder, which is the repository's root). `node tests/targets.mjs` does that, and
// counts.
import { readFile } from "node:fs/promises";
import { setFlagsFromString } from "node:v8";
import { WASI } from "node:wasi";

// Node's fast calls of WASI crash now and then once the module's memory has grown:
// https://github.com/nodejs/node/issues/53087
setFlagsFromString("--no-turbo-fast-api-calls");

const [module, ...args] = process.argv.slice(2);
const root = process.cwd();
const wasi = new WASI({
  version: "preview1",
  args: [module, ...args],
  env: process.env,
  preopens: { [root]: root },
  returnOnExit: true,
});
const { instance } = await WebAssembly.instantiate(await readFile(module), wasi.getImportObject());
process.exit(wasi.start(instance));
