// Bundles GraphiQL into the folder that is named: node build.mjs FOLDER. The same sources and lock give the same
// bytes, wherever and whenever they are built: compression too is by a library that the lock pins.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { gzip } from "pako";

const HERE = dirname(fileURLToPath(import.meta.url));
const WORKERS = {
  editor: "monaco-editor/esm/vs/editor/editor.worker.js",
  graphql: "monaco-graphql/esm/graphql.worker.js",
  json: "monaco-editor/esm/vs/language/json/json.worker.js",
};
const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".ttf": "font/ttf",
  ".txt": "text/plain; charset=utf-8",
};
const FONT = "codicon.ttf of monaco-editor: the Codicons of Microsoft Corporation, unchanged, under CC-BY-4.0.\n";
const LICENCE = /^(licen[cs]e|copying|notice|thirdpartynotices)/i;

async function bundled(entryPoints, more) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: HERE,
    entryPoints,
    outdir: "out",
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    legalComments: "linked",
    loader: { ".ttf": "file" },
    assetNames: "[name]-[hash]",
    logLevel: "warning",
    ...more,
    define: { "process.env.NODE_ENV": '"production"', ...more.define },
  });
  const files = new Map(outputFiles.map((file) => [basename(file.path), Buffer.from(file.contents)]));
  return { files, inputs: Object.keys(metafile.inputs) };
}

// Workers are whole files: their answers forbid them to load anything further.
const workers = await bundled(WORKERS, { entryNames: "[name].worker-[hash]" });
const named = (start, end) => (name) => name.startsWith(start) && name.endsWith(end);
const addresses = Object.fromEntries(
  Object.keys(WORKERS).map((label) => [label, [...workers.files.keys()].find(named(`${label}.worker-`, ".js"))]),
);
const page = await bundled(
  { main: "main.jsx" },
  { entryNames: "[name]-[hash]", define: { WORKERS: JSON.stringify(addresses) } },
);
const licences = Buffer.from(licenceTexts([...workers.inputs, ...page.inputs]));
const files = new Map([...workers.files, ...page.files, [`licences-${digest(licences).slice(0, 8)}.txt`, licences]]);
write(resolve(process.argv[2]), files);

function licenceTexts(inputs) {
  const packages = inputs.map((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  return [...new Set(packages.filter(Boolean))].sort().map(licenceText).concat(FONT).join("\n");
}

function licenceText(folder) {
  const at = join(HERE, folder);
  const { name, version, license } = JSON.parse(readFileSync(join(at, "package.json"), "utf8"));
  const texts = readdirSync(at).filter((file) => LICENCE.test(file)).sort();
  if (!license && !texts.length) throw new Error(`${name} does not say under which licence it is`);
  const whole = texts.map((file) => readFileSync(join(at, file), "utf8").trim());
  return [`=== ${name} ${version}: ${license}`, "", ...whole, ""].join("\n");
}

function digest(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

function write(folder, files) {
  const entries = [...files].sort(([one], [other]) => (one < other ? -1 : 1));
  const names = entries.map(([name]) => name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const listed = {};
  for (const [name, bytes] of entries) {
    const packed = Buffer.from(gzip(bytes, { level: 9 }));
    writeFileSync(join(folder, `${name}.gz`), packed);
    listed[name] = { type: TYPES[extname(name)], size: bytes.length, sha256: digest(bytes), gzip_sha256: digest(packed) };
  }
  const manifest = {
    script: names.find(named("main-", ".js")),
    style: names.find(named("main-", ".css")),
    files: listed,
  };
  writeFileSync(join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}
