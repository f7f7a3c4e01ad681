// Runs Python programs on CPython 3.14 (npm's pyodide) and writes what each prints beside it.
// usage: node record.mjs PYODIDE_MODULE PROGRAM...
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [, , module, ...programs] = process.argv;
const { loadPyodide } = await import(pathToFileURL(module).href);
for (const program of programs) {
  const python = await loadPyodide({ env: { PYTHONHASHSEED: "0" } });
  const chunks = [];
  python.setStdout({ batched: (line) => chunks.push(line + "\n") });
  python.setStderr({ batched: () => {} });
  python.globals.set("SOURCE", readFileSync(program, "utf8"));
  python.runPython(`
import sys
sys.argv = ["program.py"]
namespace = {"__name__": "__main__", "__builtins__": __builtins__}
try:
    exec(compile(SOURCE, "program.py", "exec"), namespace)
except SystemExit:
    pass
sys.stdout.flush()
`);
  writeFileSync(program.replace(/\.py$/, ".expected"), chunks.join(""));
  console.log(program);
}
process.exit(0);
