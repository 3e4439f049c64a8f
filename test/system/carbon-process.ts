// Debian's carbon-cache and carbon-relay in the foreground, each with a folder of its own, and what carbon-cache stored.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ServerProcess, startServer } from './server-process.ts';

const FLUSH_DEADLINE_MS = 60_000;
const MISSING_SHOWN = 20;

export interface CarbonPorts {
  readonly linePort: number;
  readonly picklePort: number;
  /** carbon-cache only. */
  readonly queryPort?: number;
}

/** Points by metric and second; more than one value where any of them may be stored. */
export type Points = Map<string, Map<number, readonly number[]>>;

/** Starts carbon-cache; it keeps an hour of seconds under `<folder>/whisper`. */
export function startCarbonCache(t: TestContext, folder: string, ports: CarbonPorts): ServerProcess {
  const more = `LOCAL_DATA_DIR = ${folder}/whisper
CACHE_QUERY_INTERFACE = 127.0.0.1
CACHE_QUERY_PORT = ${ports.queryPort ?? 0}
MAX_CACHE_SIZE = inf
MAX_UPDATES_PER_SECOND = inf
MAX_CREATES_PER_MINUTE = inf
ENABLE_TAGS = False
`;
  mkdirSync(join(folder, 'whisper'));
  return start(t, 'carbon-cache', `[cache]\n${common(folder, ports)}${more}`, folder);
}

/** Starts carbon-relay with further settings and files such as `relay-rules.conf`. */
export function startCarbonRelay(
  t: TestContext,
  folder: string,
  ports: CarbonPorts,
  settings: string,
  files: Readonly<Record<string, string>> = {},
): ServerProcess {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return start(t, 'carbon-relay', `[relay]\n${common(folder, ports)}${settings}`, folder);
}

/** Waits until the whisper files hold all points: carbon writes when it pleases. */
export async function untilWhisperHolds(root: string, expected: Points): Promise<void> {
  const deadline = performance.now() + FLUSH_DEADLINE_MS;
  for (;;) {
    const missing = missingPoints(root, expected);
    if (missing.length === 0) return;
    if (performance.now() > deadline) {
      const shown = missing.slice(0, MISSING_SHOWN).join('\n');
      assert.fail(`${missing.length} points are not in the whisper files, such as\n${shown}`);
    }
    await sleep(1000);
  }
}

function common(folder: string, ports: CarbonPorts): string {
  return `STORAGE_DIR = ${folder}
CONF_DIR = ${folder}
LOG_DIR = ${folder}
PID_DIR = ${folder}
LINE_RECEIVER_INTERFACE = 127.0.0.1
LINE_RECEIVER_PORT = ${ports.linePort}
PICKLE_RECEIVER_INTERFACE = 127.0.0.1
PICKLE_RECEIVER_PORT = ${ports.picklePort}
CARBON_METRIC_INTERVAL = 0
ENABLE_LOGROTATION = False
`;
}

function start(t: TestContext, command: string, text: string, folder: string): ServerProcess {
  const conf = join(folder, 'carbon.conf');
  writeFileSync(conf, text);
  // carbon-relay wants it too.
  writeFileSync(join(folder, 'storage-schemas.conf'), '[all]\npattern = .*\nretentions = 1s:1h\n');
  const args = [`--config=${conf}`, `--pidfile=${folder}/carbon.pid`, '--nodaemon', 'start'];
  return startServer(t, command, args, folder);
}

function missingPoints(root: string, expected: Points): string[] {
  const script = join(import.meta.dirname, 'read-whisper.py');
  const text = execFileSync('/usr/bin/python3', [script, root], { encoding: 'utf8', maxBuffer: 256 << 20 });
  const stored = JSON.parse(text) as Record<string, Record<string, number>>;
  const missing: string[] = [];
  for (const [metric, seconds] of expected) {
    for (const [second, values] of seconds) {
      const found = stored[metric]?.[second];
      if (found === undefined || !values.some((value) => isClose(value, found))) {
        missing.push(`${metric} at ${second}: ${values.join(' or ')}, found ${found}`);
      }
    }
  }
  return missing;
}

/** collectd's writers print a limited number of digits. */
function isClose(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-5 * Math.max(1, Math.abs(a), Math.abs(b));
}
