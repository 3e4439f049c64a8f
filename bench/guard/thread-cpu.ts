// CPU time of another process to the nanosecond; /proc/PID/stat knows only hundredths of a second.
import { readdirSync, readFileSync } from 'node:fs';

/** Reads the CPU time of all living threads of a process, seconds; throws when it is gone. */
export function readThreadCpu(pid: number): number {
  let nanos = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanos += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ', 1)[0]);
  }
  return nanos / 1e9;
}
