// What a process of this machine has cost so far, as Linux counts it.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** CPU time of all threads, past ones too, and memory. */
export interface ProcessCost {
  readonly cpuSeconds: number;
  readonly rssMib: number;
  readonly rssPeakMib: number;
}

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Reads the cost of a process; throws when it is gone. */
export function readProcessCost(pid: number): ProcessCost {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name, in parentheses, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const mib = (name: string): number =>
    Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1]) / 1024;
  return { cpuSeconds: ticks / TICKS_PER_SECOND, rssMib: mib('VmRSS'), rssPeakMib: mib('VmHWM') };
}

/** CPU time of all threads that a process has now, to the nanosecond: for loads of some milliseconds. */
export function readThreadSeconds(pid: number): number {
  const folder = `/proc/${pid}/task`;
  const nanos = readdirSync(folder).map((thread) =>
    Number(readFileSync(`${folder}/${thread}/schedstat`, 'latin1').split(' ')[0]),
  );
  return nanos.reduce((sum, one) => sum + one, 0) / 1e9;
}
