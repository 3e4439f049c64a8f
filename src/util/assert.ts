// Assertions for our own bugs. A user's error never ends here.

/** Throws `BUG: message` unless `condition` holds; the supervisor restarts the process. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`BUG: ${message}`);
}
