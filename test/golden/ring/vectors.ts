// The committed answers of the peers: for each case the owners of all keys, a byte for each owner and 255 after each key,
// packed.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Owners } from './ask-peers.ts';
import type { RingCase } from './ring-cases.ts';

const FILE = join(import.meta.dirname, 'vectors.json');
const END = 255;

export function readVectors(): Map<string, Owners> {
  const packed = JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, string>;
  return new Map(Object.entries(packed).map(([name, text]) => [name, unpack(text)]));
}

export function writeVectors(cases: readonly RingCase[], answers: readonly Owners[]): void {
  const packed = Object.fromEntries(cases.map((ring, i) => [nameCase(ring), pack(answers[i] as Owners)]));
  writeFileSync(FILE, `${JSON.stringify(packed, undefined, 1)}\n`);
}

/** Names a case for people and for the file. */
export function nameCase(ring: RingCase): string {
  const { peer, type, destinations, replicationFactor, diverseReplicas, tagRelayNormalized } = ring;
  const words = [
    `${peer} ${type}`,
    `${destinations.length} destinations from ${destinations[0]}`,
    `${replicationFactor} copies`,
    ...(diverseReplicas ? [] : ['not diverse']),
    ...(tagRelayNormalized ? ['normalized'] : []),
  ];
  return words.join(', ');
}

function pack(owners: Owners): string {
  return deflateRawSync(Buffer.from(owners.flatMap((members) => [...members, END])), { level: 9 }).toString(
    'base64',
  );
}

function unpack(text: string): Owners {
  const owners: Owners = [];
  let members: number[] = [];
  for (const byte of inflateRawSync(Buffer.from(text, 'base64'))) {
    if (byte !== END) members.push(byte);
    else {
      owners.push(members);
      members = [];
    }
  }
  return owners;
}
