// Checks who imports whom in src/. The table below is the only place where that is written down for a machine.
import { readFileSync } from 'node:fs';
import { WASM_MODULES } from './wasm-modules.ts';
import {
  type Finding,
  importsOf,
  listFiles,
  readSource,
  report,
  resolveImport,
  ROOT,
} from './source-files.ts';

/**
 * What each room may import, besides itself. `options`: any room's options.ts, and operation.ts, which works on them;
 * `types`: types of any room; `all`: anything.
 */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  util: [],
  telemetry: ['util'],
  metric: ['util'],
  engine: ['metric', 'util'],
  destination: ['metric', 'telemetry', 'util'],
  table: ['metric', 'destination', 'telemetry', 'util'],
  input: ['telemetry', 'util'],
  config: ['options', 'types', 'util'],
  admin: ['table', 'config', 'telemetry', 'util'],
  relay: ['all'],
  cli: ['all'],
};

// AssemblyScript: compiled apart, imports only its own folder.
const wasmFolderOf = (file: string): string | undefined =>
  WASM_MODULES.find(({ folder }) => file.startsWith(folder))?.folder;

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly file: string;
  readonly line: number;
}

function roomOf(path: string): string {
  return path.split('/')[1] ?? '';
}

function mayImport(from: string, target: string, typeOnly: boolean): boolean {
  const allowed = ARROWS[from] ?? [];
  const to = roomOf(target);
  if (from === to || allowed.includes('all') || allowed.includes(to)) return true;
  if (allowed.includes('options') && /(^|[/-])(options|operation)\.ts$/.test(target)) return true;
  return allowed.includes('types') && typeOnly;
}

function checkFile(file: string, packages: ReadonlySet<string>, edges: Edge[]): Finding[] {
  const findings: Finding[] = [];
  const from = roomOf(file);
  if (!(from in ARROWS)) return [{ file, line: 0, message: `room "${from}" has no row in tools/arrows.ts` }];
  for (const { specifier, typeOnly, line } of importsOf(readSource(file))) {
    const target = resolveImport(file, specifier);
    if (target === undefined) {
      const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
      if (specifier.startsWith('node:') || packages.has(name)) continue;
      findings.push({ file, line, message: `"${specifier}" is not among the dependencies of package.json` });
    } else if (wasmFolderOf(file) !== wasmFolderOf(target)) {
      findings.push({ file, line, message: `nothing is imported into or out of a folder of AssemblyScript` });
    } else if (!target.startsWith('src/')) {
      findings.push({ file, line, message: `src/ must not import ${target}` });
    } else if (!mayImport(from, target, typeOnly)) {
      findings.push({ file, line, message: `${from} must not import ${target}` });
    } else if (from !== roomOf(target)) {
      edges.push({ from, to: roomOf(target), file, line });
    }
  }
  return findings;
}

function findCycles(edges: readonly Edge[]): Finding[] {
  const findings: Finding[] = [];
  const done = new Set<string>();
  const visit = (room: string, trail: readonly string[]): void => {
    const outgoing = new Map(edges.filter((edge) => edge.from === room).map((edge) => [edge.to, edge]));
    for (const [to, edge] of outgoing) {
      const start = [...trail, room].indexOf(to);
      if (start >= 0) {
        const circle = [...[...trail, room].slice(start), to].join(' -> ');
        findings.push({ file: edge.file, line: edge.line, message: `rooms import in a circle: ${circle}` });
      } else if (!done.has(to)) {
        visit(to, [...trail, room]);
      }
    }
    done.add(room);
  };
  for (const room of Object.keys(ARROWS)) if (!done.has(room)) visit(room, []);
  return findings;
}

/** Checks every import in src/. */
export function checkArrows(): Finding[] {
  const manifest = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as {
    dependencies?: Record<string, string>;
  };
  const packages = new Set(Object.keys(manifest.dependencies ?? {}));
  const edges: Edge[] = [];
  const files = listFiles().filter((file) => file.startsWith('src/') && file.endsWith('.ts'));
  const findings = files.flatMap((file) => checkFile(file, packages, edges));
  return [...findings, ...findCycles(edges)];
}

if (import.meta.main) process.exitCode = report(checkArrows());
