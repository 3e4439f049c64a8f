// Asks the real relays where keys live: Debian's carbon through Python, Debian's carbon-c-relay in its test mode.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RingCase } from './ring-cases.ts';

const OUTPUT_BYTES_MAX = 1 << 30;

/** For each case and each key the destinations that get it, by index. */
export type Owners = number[][];

/** Asks carbon about all cases at once. */
export function askCarbon(cases: readonly RingCase[], keys: readonly string[]): Owners[] {
  const script = join(import.meta.dirname, 'carbon-owners.py');
  const output = runPeer('/usr/bin/python3', [script], JSON.stringify({ keys, cases }));
  return JSON.parse(output) as Owners[];
}

/** Asks carbon-c-relay about one case. */
export function askCRelay(ring: RingCase, keys: readonly string[]): Owners {
  const folder = mkdtempSync(join(tmpdir(), 'ring-'));
  try {
    const file = join(folder, 'relay.conf');
    writeFileSync(file, renderCRelayConfig(ring));
    const lines = keys.map((key) => `${key} 1 1\n`).join('');
    return readAnswers(runPeer('carbon-c-relay', ['-t', '-f', file], lines), ring);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const C_RELAY_TYPES: Readonly<Record<string, string>> = { consistentHashing: 'carbon_ch' };

function renderCRelayConfig({ type, destinations, replicationFactor }: RingCase): string {
  const copies = type === 'any_of' ? '' : ` replication ${replicationFactor}`;
  const members = destinations.map((text) => {
    const [, address, instance] = /^(.*?:\d+)(?::(.*))?$/.exec(text) ?? [];
    return instance === undefined ? address : `${address}=${instance}`;
  });
  return `cluster ring ${C_RELAY_TYPES[type] ?? type}${copies} ${members.join(' ')};\nmatch * send to ring;\n`;
}

/** Test mode prints `match`, the key, the cluster and then one line for each server. */
function readAnswers(output: string, { destinations }: RingCase): Owners {
  const indices = new Map(destinations.map((text, i) => [/^.*?:\d+/.exec(text)?.[0] ?? '', i]));
  const owners: Owners = [];
  for (const line of output.split('\n')) {
    if (line === 'match') owners.push([]);
    const index = /^ {8}\S+$/.test(line) ? indices.get(line.trim()) : undefined;
    if (index !== undefined) owners.at(-1)?.push(index);
  }
  return owners;
}

function runPeer(command: string, args: readonly string[], input: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    input,
    encoding: 'utf8',
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  if (status !== 0) throw new Error(`${command} failed (${status ?? error?.message}): ${stderr}`);
  return stdout;
}

/** Asks the peer of each case. */
export function askPeers(cases: readonly RingCase[], keys: readonly string[]): Owners[] {
  const ofCarbon = cases.filter(({ peer }) => peer === 'carbon');
  const answers = askCarbon(ofCarbon, keys);
  return cases.map((ring) =>
    ring.peer === 'carbon' ? (answers[ofCarbon.indexOf(ring)] as Owners) : askCRelay(ring, keys),
  );
}
