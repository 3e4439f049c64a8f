// A destination with a disk, both in the test's hand, and ways to let things happen.
import assert from 'node:assert/strict';
import type { DestinationDependencies } from '../../src/destination/destination-dependencies.ts';
import type { FakeDisk, FakeSpool } from './fake-spool.ts';
import { makeRig, type Rig } from './rig.ts';

/** Makes a disk that holds nothing. */
export function emptyDisk(): FakeDisk {
  return { records: [], acked: 0 };
}

/** Makes a disk that holds a record for each text. */
export function diskWith(...texts: string[]): FakeDisk {
  const records = texts.map((text) => ({ text, lines: text.split('\n').length - 1, firstMs: 1 }));
  return { records, acked: 0 };
}

/** Starts a destination; its disk is open when this resolves, its peer has not accepted. */
export async function startRig(
  text: string,
  disk: FakeDisk = emptyDisk(),
  inherit?: DestinationDependencies['inherit'],
): Promise<Rig & { readonly spool: FakeSpool }> {
  const rig = makeRig(text, inherit === undefined ? { disk } : { disk, inherit });
  const { spool } = rig;
  assert.ok(spool !== undefined);
  rig.destination.start();
  await rig.settle();
  return { ...rig, spool };
}

/** Lets the peer take everything, reads of the disk included, until nothing moves. */
export async function flow(rig: Rig, steps = 200): Promise<void> {
  for (let i = 0; i < steps; i += 1) {
    rig.turn();
    rig.network.last.completeAll();
    await rig.settle();
    rig.clock.advance(20);
  }
}

/** Lets time pass in steps, so that promises keep up. */
export async function elapse(rig: Rig, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) {
    rig.clock.advance(50);
    await rig.settle();
  }
}

/** Joins what a disk holds. */
export function textOf(disk: FakeDisk): string {
  return disk.records.map(({ text }) => text).join('');
}
