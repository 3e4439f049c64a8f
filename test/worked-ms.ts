// The clock of a test that times its own thread on a machine where others want the cores too.

/** Milliseconds that this thread has worked, to a few µs; time in which others have its core does not count. */
export function workedMs(): number {
  // The system brings the times of a thread up to date at its ticks, each 4 ms, and when those of its process are asked for.
  process.cpuUsage();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
