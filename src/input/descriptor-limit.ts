// How many file descriptors this process may have, and has. Node raises the soft limit to the hard one at start,
// so what counts is read from the running process.
import { readdirSync, readFileSync } from 'node:fs';

/** Reads the soft limit of open files; Infinity when there is none or it cannot be learnt. */
export function readDescriptorLimit(): number {
  const fromProc = parseLimits(readText('/proc/self/limits'));
  if (fromProc !== undefined) return fromProc;
  const report = process.report.getReport() as { userLimits?: { open_files?: { soft?: unknown } } };
  const soft = report.userLimits?.open_files?.soft;
  return typeof soft === 'number' && soft > 0 ? soft : Number.POSITIVE_INFINITY;
}

/** Counts the descriptors open now; undefined where the system does not show them. */
export function countOpenDescriptors(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}

/** Parses /proc/PID/limits; undefined when the row is not there. */
export function parseLimits(text: string): number | undefined {
  const soft = /^Max open files\s+(\S+)/m.exec(text)?.[1];
  if (soft === undefined) return undefined;
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
