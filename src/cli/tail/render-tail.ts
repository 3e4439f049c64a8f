// Words of `sluice tail`: what it watches, one line for each metric, and how much of what passed was looked at.
import type { TailLine, TailPlace, TailQuery, TailStatus } from '../../telemetry/tail/tail-report.ts';
import { renderCount } from '../../util/render-count.ts';

/** Says what is watched. */
export function renderWatching({ match, route, reason, input, ratePerSec }: TailQuery, url: string): string {
  const what = [
    reason === undefined ? 'lines' : reason === 'any' ? 'dropped lines' : `lines dropped as ${reason}`,
    ...(match === undefined ? [] : [`whose key matches ${JSON.stringify(match)}`]),
    ...(route === undefined ? [] : [`of route ${route}`]),
    ...(input === undefined ? [] : [`from the input ${input}`]),
  ];
  return `watching ${what.join(' ')} at ${url}, at most ${ratePerSec} a second; Ctrl-C ends\n`;
}

/** Renders a metric: the line, then where it goes, or why it goes nowhere; then whose it is. */
export function renderTailLine(shown: TailLine): string {
  const { line, end, as, error, sender, input } = shown;
  const parts = [safe(line)];
  if (as !== undefined) parts.push(`as ${safe(as)}`);
  if (end === 'aggregated') parts.push('-> aggregated, goes no further');
  else if (end === 'routed') parts.push(`-> ${renderPlaces(shown)}`);
  else
    parts.push(
      `DROPPED ${shown.reason ?? ''}${renderAt(shown)}${error === undefined ? '' : `: ${safe(error)}`}`,
    );
  if (sender !== undefined) parts.push(`from ${sender}`);
  else if (input === 'generated') parts.push('made by the relay');
  return `${parts.join('  ')}\n`;
}

/** Says how much was looked at. */
export function renderStatus({ seconds, lines, looked, matched, shown, leftOut }: TailStatus): string {
  const share =
    looked >= lines
      ? `all of ${renderCount(lines)} lines looked at`
      : `1 of each ${renderCount(Math.max(1, Math.round(lines / Math.max(1, looked))))} of ${renderCount(lines)} lines looked at`;
  const left = leftOut === 0 ? '' : `, ${renderCount(leftOut)} left out because this reads too slowly`;
  return `${seconds.toFixed(0)} s: ${share}, ${renderCount(matched)} matched, ${renderCount(shown)} shown${left}\n`;
}

function renderPlaces({ to = [], moreTo = 0 }: TailLine): string {
  const places = to.map(renderPlace);
  if (moreTo > 0) places.push(`and ${renderCount(moreTo)} more`);
  return places.join(', ');
}

function renderPlace({ route, destinations }: TailPlace): string {
  const [first = ''] = destinations;
  return `${safe(route)} ${destinations.length > 1 ? `one of ${destinations.map(safe).join(' | ')}` : safe(first)}`;
}

function renderAt({ to = [] }: TailLine): string {
  return to.length === 0 ? '' : ` at ${to.map(renderPlace).join(', ')}`;
}

/** A terminal acts on control characters, and strangers may send any. */
function safe(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return text.replace(/[\0-\x1f\x7f-\x9f]/g, (char) => {
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
