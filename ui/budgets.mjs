/// What the pages may weigh and need. Run after a build; fails with the figure that is over.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const DIST_KB_MAX = 350;
/// What is needed before anything is seen: page, first script, first styles.
const START_KB_MAX = 60;
const DEPENDENCIES_MAX = 8;

const files = readdirSync("dist", { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));
const weight = (path) => gzipSync(readFileSync(path), { level: 9 }).length / 1024;
const all = files.reduce((sum, path) => sum + weight(path), 0);
const index = readFileSync("dist/index.html", "utf8");
const start = files.filter((path) => path.endsWith("index.html") || index.includes(path.split("/").at(-1))).reduce((sum, path) => sum + weight(path), 0);
const needed = Object.keys(JSON.parse(readFileSync("package.json", "utf8")).dependencies);
const lock = readFileSync("package-lock.json", "utf8");

const wrong = [];
if (all > DIST_KB_MAX) wrong.push(`dist weighs ${all.toFixed(0)} kB gzipped, at most ${DIST_KB_MAX}`);
if (start > START_KB_MAX) wrong.push(`the start weighs ${start.toFixed(0)} kB gzipped, at most ${START_KB_MAX}`);
if (needed.length > DEPENDENCIES_MAX) wrong.push(`${needed.length} run-time dependencies, at most ${DEPENDENCIES_MAX}`);
if (lock.includes('"resolved"')) wrong.push("package-lock.json names hosts: npm install --omit-lockfile-registry-resolved");
if (/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/i.test(index)) wrong.push("index.html holds a script, a style or a handler, which the content policy forbids");
for (const path of files.filter((path) => /\.(js|css|html)$/.test(path))) {
  const foreign = readFileSync(path, "utf8").match(/(?:src|href)\s*=\s*["']https?:|url\(\s*["']?https?:|import\(["']https?:|fetch\(["']https?:/);
  if (foreign) wrong.push(`${path} asks another origin: ${foreign[0]}`);
}
console.log(`dist ${all.toFixed(1)} kB gzipped, ${start.toFixed(1)} of it at the start; ${needed.length} run-time dependencies`);
if (wrong.length) {
  console.error(wrong.join("\n"));
  process.exit(1);
}
