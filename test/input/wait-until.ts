// Waiting for a condition with a deadline, for tests.
import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves as soon as `condition` holds; rejects, naming `what`, after `deadlineMs`. */
export async function waitUntil(what: string, condition: () => boolean, deadlineMs = 60_000): Promise<void> {
  const endMs = performance.now() + deadlineMs;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await sleep(2);
  }
}
