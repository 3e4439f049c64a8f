// The table of the tuning notes of carbon-relay-ng, with today's numbers beside theirs. What somebody once counted with
// ngrep and timed in debug logs is read from the facts. A relay sees reads, not packets: 1 ms is what the event loop saw.
import { renderCount } from '../../util/render-count.ts';
import type { TrafficFigures } from '../traffic/traffic-meter.ts';
import type { DestinationFacts, TuneFacts } from './tune-facts.ts';

/** One question of the notes, their answer and ours. */
export interface NotesRow {
  readonly what: string;
  readonly notes: string;
  readonly here: string;
}

/** Renders the table; `destination`: the one whose writes are shown, undefined where there is none. */
export function notesTable(
  { traffic: { all }, uptimeSec, cpuSec }: TuneFacts,
  destination: DestinationFacts | undefined,
): NotesRow[] {
  return [...trafficRows(all, uptimeSec), ...(destination ? writeRows(all, destination, cpuSec) : [])];
}

/** The traffic alone. */
export function trafficRows(all: TrafficFigures, spanSec: number): NotesRow[] {
  const mean = spanSec > 0 ? all.metrics / spanSec : 0;
  return [
    {
      what: 'metrics, mean over all',
      notes: '2,031,010 in 455 s: 4,463/s (270k/min)',
      here: `${count(all.metrics)} in ${count(spanSec)} s: ${count(mean)}/s (${perMinute(mean * 60)})`,
    },
    {
      what: 'metrics in 1 s',
      notes: 'avg 3,000 (180k/min), peak 10,000 (600k/min)',
      here: `now ${count(all.metricsPerSec)} (${perMinute(all.metricsPerSec * 60)}), ${peak(all, 1000)}`,
    },
    { what: 'metrics in 100 ms', notes: 'avg 300, peak 2,500 (1.5M/min)', here: peak(all, 100) },
    { what: 'metrics in 10 ms', notes: 'peak 700 (4.2M/min)', here: peak(all, 10) },
    {
      what: 'metrics in 1 ms (as the event loop saw them)',
      notes: '1 every few us: ~500 (30M/min)',
      here: peak(all, 1),
    },
  ];
}

function writeRows(all: TrafficFigures, facts: DestinationFacts, cpuSec: number): NotesRow[] {
  const { write, linesPerWrite } = facts;
  const cpuMicros = all.metrics > 0 ? (cpuSec * 1e6) / all.metrics : 0;
  const handling = (linesPerWrite * cpuMicros) / 1e6;
  return [
    {
      what: 'to handle one metric',
      notes: 'avg 10 us, up to 35 (one write to the buffer)',
      here: `${cpuMicros.toFixed(1)} us of CPU, all in`,
    },
    {
      what: 'a flush (a write to the kernel)',
      notes: 'avg 50 us, typically 20-200, up to 4 ms',
      here: `avg ${duration(write.meanSec)}, typically ${duration(write.p50Sec)}, up to ${duration(write.maxSec)}`,
    },
    {
      what: 'metrics per flush',
      notes: '4,240 (flush per 1,000 ms)',
      here: `${linesPerWrite < 100 ? linesPerWrite.toFixed(1) : count(linesPerWrite)} (no flush timer)`,
    },
    {
      what: 'slower, per flush',
      notes: 'writing: 38 ms against 0.2 ms',
      here: `${handling > write.meanSec ? 'handling' : 'flushing'}: ${duration(handling)} against ${duration(write.meanSec)} for the flush`,
    },
    {
      what: 'metrics during the longest flush',
      notes: 'up to 280 in 4 ms',
      here: `up to ${count(arrivalsWithin(all, write.maxSec))} in ${duration(write.maxSec)}`,
    },
  ];
}

/** The most metrics that can come while something lasts, by the peaks of the last hour, as the notes reckon it. */
export function arrivalsWithin(figures: TrafficFigures, sec: number): number {
  const lastingMs = sec * 1000;
  const fitting = figures.windows.findLast(({ windowMs }) => windowMs >= lastingMs) ?? figures.windows[0];
  return fitting === undefined ? 0 : (fitting.hour.metrics * lastingMs) / fitting.windowMs;
}

/** Renders a time span: `38 ms`, `200 us`, `1.2 s`. */
export function duration(sec: number): string {
  if (sec >= 1) return `${sec < 10 ? sec.toFixed(1) : count(sec)} s`;
  if (sec >= 0.001) return `${sec < 0.01 ? (sec * 1000).toFixed(1) : Math.round(sec * 1000)} ms`;
  return `${Math.round(sec * 1e6)} us`;
}

function peak({ windows }: TrafficFigures, windowMs: number): string {
  const window = windows.find((row) => row.windowMs === windowMs);
  const metrics = window?.hour.metrics ?? 0;
  return `peak ${count(metrics)} (${perMinute(window?.hour.metricsPerMinute ?? 0)})`;
}

function perMinute(metrics: number): string {
  if (metrics >= 1e6) return `${(metrics / 1e6).toFixed(1)}M/min`;
  if (metrics >= 1000) return `${Math.round(metrics / 1000)}k/min`;
  return `${Math.round(metrics)}/min`;
}

function count(value: number): string {
  return renderCount(Math.round(value));
}
