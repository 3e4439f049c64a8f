// Time as Go prints it in JSON (time.RFC3339Nano): local time, fraction without trailing zeros, offset or Z.

/** Renders wall time (ms since 1970, fractions allowed) such as `2026-11-23T03:24:05.12+01:00`. */
export function renderRfc3339(wallMs: number): string {
  const date = new Date(Math.floor(wallMs));
  const nanos = Math.round((wallMs - Math.floor(wallMs / 1000) * 1000) * 1e6);
  const fraction = nanos > 0 && nanos < 1e9 ? `.${pad(nanos, 9).replace(/0+$/, '')}` : '';
  const day = `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return `${day}T${time}${fraction}${renderOffset(date, ':') || 'Z'}`;
}

/** Renders wall time as crng's log does: `2006-01-02 15:04:05.000`, local. */
export function renderLogTime(wallMs: number): string {
  const date = new Date(wallMs);
  return (
    `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ` +
    `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`
  );
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Renders wall time as HTTP access logs do: `02/Jan/2006:15:04:05 -0700`, local. */
export function renderAccessTime(wallMs: number): string {
  const date = new Date(wallMs);
  return (
    `${pad(date.getDate())}/${MONTHS[date.getMonth()]}/${pad(date.getFullYear(), 4)}:` +
    `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())} ${renderOffset(date, '') || '+0000'}`
  );
}

/** Renders the offset from UTC; '' when there is none. */
function renderOffset(date: Date, separator: string): string {
  const minutes = -date.getTimezoneOffset();
  if (minutes === 0) return '';
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}${separator}${pad(size % 60)}`;
}

function pad(value: number, width = 2): string {
  return String(value).padStart(width, '0');
}
