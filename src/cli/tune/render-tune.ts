// Puts the facts of a relay into words.
import { type Diagnosis, diagnose, usualRate } from '../../telemetry/tune/diagnose.ts';
import { duration, type NotesRow, notesTable } from '../../telemetry/tune/notes-table.ts';
import type { DestinationFacts, TuneFacts } from '../../telemetry/tune/tune-facts.ts';
import { renderCount } from '../../util/render-count.ts';
import { renderAge, renderBytes, renderTable } from '../render-amount.ts';

const TITLES: Readonly<Record<Diagnosis['state'], string>> = {
  away: 'AWAY: not connected',
  stalled: 'STALLED: connected, and reads nothing',
  slow: 'SLOW: takes less than comes',
  catching_up: 'catching up with what waited on disk',
  idle: 'idle: nothing came in the last minute',
  bursty: 'bursty: keeps up, because lines may wait',
  healthy: 'healthy',
};

/** What `sluice tune --json` prints. */
export interface TuneReport extends TuneFacts {
  readonly notes: readonly NotesRow[];
  readonly destinations: readonly (DestinationFacts & { readonly diagnosis: Diagnosis })[];
}

/** Judges the facts. */
export function makeReport(facts: TuneFacts): TuneReport {
  const busiest = facts.destinations.toSorted((a, b) => b.written - a.written)[0];
  return {
    ...facts,
    notes: notesTable(facts, busiest),
    destinations: facts.destinations.map((row) => ({ ...row, diagnosis: diagnose(row) })),
  };
}

/** Renders a report for people. */
export function renderTune(report: TuneReport): string {
  const { version, instance, uptimeSec, destinations } = report;
  const head = `sluice ${version}, instance ${instance}, up ${renderAge(uptimeSec * 1000)}\n`;
  const rows = destinations.map((row) => renderDestination(row, row.diagnosis));
  const advised = destinations.filter(({ diagnosis }) => diagnosis.advice.length > 0).length;
  const end =
    advised === 0
      ? 'nothing to tune\n'
      : `${advised} of ${destinations.length} destinations want something changed\n`;
  return [head, ...rows, renderNotes(report.notes), end].join('\n');
}

/** Renders the table of the notes. */
export function renderNotes(rows: readonly NotesRow[]): string {
  const cells = rows.map(({ what, notes, here }) => [what, notes, here]);
  return renderTable([['', 'the tuning notes', 'here'], ...cells], { right: [] });
}

function renderDestination(facts: DestinationFacts, diagnosis: Diagnosis): string {
  const { flow, write } = facts;
  const lines = [
    `${facts.key} (${facts.addr}, route ${facts.route}): ${TITLES[diagnosis.state]}`,
    `  comes   ${rate(flow.inPerSec60)} over the last minute, ${rate(flow.inPerSec10)} over 10 s; worst second ${count(flow.inWorstSecHour)}`,
    `  leaves  ${rate(flow.outPerSec60)}, ${facts.linesPerWrite.toFixed(1)} metrics a write; a write takes ${duration(write.meanSec)}, 99 % of them ${duration(write.p99Sec)}, the longest ${duration(write.maxSec)}`,
    `  stalls  ${describeStalls(facts)}`,
    `  waits   ${describeQueue(facts)}`,
    ...(facts.spool === null ? [] : [`  disk    ${describeSpool(facts)}`]),
    ...describeDrops(facts),
    `  outage  ${describeOutage(facts, diagnosis)}`,
  ];
  if (diagnosis.advice.length === 0) lines.push('  nothing to tune');
  for (const { change, why } of diagnosis.advice)
    lines.push(`  change  ${change}`, `          because ${why}`);
  return `${lines.join('\n')}\n`;
}

function describeStalls({ stalls, stallMaxSec, stallNowSec }: DestinationFacts): string {
  const now = stallNowSec >= 0.1 ? `; the write under way has lasted ${duration(stallNowSec)}` : '';
  if (stalls === 0) return `none of more than 100 ms in the last hour${now}`;
  return `${count(stalls)} of more than 100 ms in the last hour, the longest ${duration(stallMaxSec)}${now}`;
}

function describeQueue({ queue }: DestinationFacts): string {
  const bound = queue.maxLines === null ? '' : ` and ${count(queue.maxLines)} metrics`;
  const part = queue.maxBytes > 0 ? (queue.highBytes / queue.maxBytes) * 100 : 0;
  return `${count(queue.lines)} in memory, the oldest for ${duration(queue.ageSec)}; at most ${count(queue.highLines)} (${renderBytes(Math.round(queue.highBytes))}, ${part.toFixed(1)} % of the bound, ${renderBytes(queue.maxBytes)}${bound})`;
}

function describeSpool({ spool }: DestinationFacts): string {
  if (spool === null) return '';
  const state = spool.state === 'ready' ? '' : `, ${spool.state}`;
  const times =
    spool.write.count === 0
      ? 'nothing was written to it'
      : `a write takes ${duration(spool.write.meanSec)}, the longest ${duration(spool.write.maxSec)}, a sync at most ${duration(spool.sync.maxSec)}`;
  return `${count(spool.lines)} on it (${renderBytes(spool.bytes)}${state}), room for ${renderBytes(Math.round(spool.roomBytes))}; ${times}`;
}

function describeDrops({ dropped, flow }: DestinationFacts): string[] {
  const reasons = Object.entries(dropped).map(([reason, lines]) => `${count(lines)} ${reason}`);
  if (reasons.length === 0) return [];
  return [`  dropped ${reasons.join(', ')} since the start, ${count(flow.dropped60)} in the last minute`];
}

function describeOutage(facts: DestinationFacts, { memorySec, diskSec }: Diagnosis): string {
  if (memorySec === null) return 'no traffic to reckon with';
  const memory = `memory holds ${duration(memorySec)} at ${rate(usualRate(facts))}`;
  if (diskSec !== null) return `${memory}, the disk ${renderAge(diskSec * 1000)} more`;
  return `${memory}; then ${facts.whenFull === 'block' ? 'senders wait' : 'metrics are dropped'}`;
}

function rate(perSec: number): string {
  return `${perSec > 0 && perSec < 10 ? perSec.toFixed(1) : count(perSec)}/s`;
}

function count(value: number): string {
  return renderCount(Math.round(value));
}
