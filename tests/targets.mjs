// Runs the core's tests on WebAssembly: on wasm32-wasip1 all that run natively but tidy, on wasm32-unknown-unknown the
// laws and the golden cases. A harness that finds no test says "ok", so what ran is compared with what runs natively.
//
//   node tests/targets.mjs                    both targets
//   node tests/targets.mjs wasm32-wasip1      one of them
//
// Needs Rust's targets, and for the second one the runner of wasm-bindgen in .tools/ (`make` gets both).
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const runner = resolve(root, ".tools/bin/wasm-bindgen-test-runner");

const targets = {
  "wasm32-wasip1": {
    tests: ["--lib", "--test=golden", "--test=laws", "--test=exchange"],
    runner: "node --no-warnings tests/wasi.mjs",
    lacks: [],
  },
  "wasm32-unknown-unknown": {
    tests: ["--test=laws"],
    runner,
    // There are no files.
    lacks: ["inputs_that_broke_a_law_keep_it_now", "every_law_is_fuzzed"],
  },
};

function cargo(args, env = {}) {
  const options = { cwd: root, encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "inherit"] };
  const done = spawnSync("cargo", ["test", "--locked", "-p", "ferro", ...args], {
    ...options,
    env: { ...process.env, ...env },
  });
  if (done.error) fail(`cargo does not start: ${done.error.message}`);
  return done;
}

function fail(why) {
  console.error(`error: ${why}`);
  process.exit(1);
}

/** The runner must be of the version that Cargo.lock has. */
function checkRunner() {
  const lock = readFileSync(resolve(root, "Cargo.lock"), "utf8");
  const [, version] = lock.match(/name = "wasm-bindgen"\nversion = "([^"]+)"/) ?? fail("Cargo.lock has no wasm-bindgen");
  const install = `cargo install --root .tools wasm-bindgen-cli --version ${version}`;
  if (!existsSync(runner)) fail(`no ${runner}; ${install}`);
  const found = spawnSync(runner, ["--version"], { encoding: "utf8" }).stdout ?? "";
  if (!found.includes(` ${version}`)) fail(`${runner} is ${found.trim() || "broken"}, not ${version}; ${install}`);
}

function run(target) {
  const { tests, runner, lacks } = targets[target] ?? fail(`unknown target ${target}`);
  if (target === "wasm32-unknown-unknown") checkRunner();
  const variable = `CARGO_TARGET_${target.toUpperCase().replaceAll("-", "_")}_RUNNER`;
  let total = 0;
  for (const test of tests) {
    const listed = cargo([test, "--", "--list", "--format=terse"]);
    const native = [...listed.stdout.matchAll(/^(\S+): test$/gm)].map((match) => match[1]);
    const want = native.filter((name) => !lacks.includes(name)).sort();
    if (listed.status !== 0 || want.length === 0) fail(`${test}: natively there is no test`);
    const done = cargo([test, "--target", target], { [variable]: runner });
    const ran = [...done.stdout.matchAll(/^test (\S+) \.\.\. ok$/gm)].map((match) => match[1]).sort();
    const missing = want.filter((name) => !ran.includes(name));
    if (done.status !== 0 || missing.length > 0 || ran.length !== want.length) {
      console.error(done.stdout);
      fail(`${target} ${test}: ${ran.length} of ${want.length} tests passed; missing: ${missing.join(", ") || "none"}`);
    }
    total += ran.length;
  }
  console.log(`${target}: all ${total} tests passed`);
}

const named = process.argv.slice(2);
for (const target of named.length > 0 ? named : Object.keys(targets)) run(target);
