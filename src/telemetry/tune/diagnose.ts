// What is the matter with a destination, judged from its facts alone: one state, the first that fits, and what to change.
//
//   away        not connected                       slow         always writing, and lines wait all the same
//   stalled     a write that is not taken at all    catching_up  what an outage left on disk is on its way
//   idle        nothing came in a minute            bursty       keeps up, but only because lines may wait
//   healthy     none of these
import { renderCount } from '../../util/render-count.ts';
import type { DestinationFacts } from './tune-facts.ts';

export type DestinationState = 'away' | 'stalled' | 'slow' | 'catching_up' | 'idle' | 'bursty' | 'healthy';

/** Something to change, and why. */
export interface Advice {
  readonly change: string;
  readonly why: string;
}

export interface Diagnosis {
  readonly state: DestinationState;
  /** Seconds of an outage, from now on and at the rate of the last minute, until memory and then the disk is full. */
  readonly memorySec: number | null;
  readonly diskSec: number | null;
  /** Nothing to tune where it is empty. */
  readonly advice: readonly Advice[];
}

/** A write under way for so long is a stall, unless writes always take long. */
const STALL_SEC = 1;
const STALL_OF_USUAL = 3;
/** A destination that writes for this part of the time, while lines wait for so long, cannot go faster. */
const BUSY_PART = 0.7;
const WAIT_SEC = 0.2;
/** Traffic whose worst second is so many times its mean, or a queue so full, is bursty. */
const BURST_OF_MEAN = 3;
const BURST_LINES_MIN = 500;
const QUEUE_PART = 0.1;
/** A shorter outage than this should lose nothing. */
const OUTAGE_SEC_MIN = 60;
const MIB = 1024 * 1024;

/** Judges a destination. */
export function diagnose(facts: DestinationFacts): Diagnosis {
  const state = stateOf(facts);
  return { state, ...outageOf(facts), advice: adviceFor(state, facts) };
}

/** Lines a second that are taken as its traffic. */
export function usualRate({ flow }: DestinationFacts): number {
  return flow.inPerSec60 || flow.inPerSec10;
}

function stateOf(facts: DestinationFacts): DestinationState {
  const { flow, queue, spool, write } = facts;
  if (!facts.online) return 'away';
  if (facts.stallNowSec >= Math.max(STALL_SEC, STALL_OF_USUAL * write.p99Sec)) return 'stalled';
  const waits = queue.ageSec >= WAIT_SEC || facts.blocking || flow.dropped10 > 0 || flow.spooledPerSec10 > 0;
  if (facts.busy10 >= BUSY_PART && waits) return 'slow';
  if (spool !== null && spool.lines > 0 && spool.replayPerSec > 0) return 'catching_up';
  if (flow.inPerSec60 === 0 && queue.lines === 0) return 'idle';
  return isBursty(facts) ? 'bursty' : 'healthy';
}

function isBursty({ flow, queue }: DestinationFacts): boolean {
  if (flow.dropped60 > 0 || queue.highBytes60 >= QUEUE_PART * queue.maxBytes) return true;
  const worst = flow.inWorstSec60;
  return worst >= BURST_LINES_MIN && worst >= BURST_OF_MEAN * flow.inPerSec60;
}

function outageOf(facts: DestinationFacts): Pick<Diagnosis, 'memorySec' | 'diskSec'> {
  const { queue, spool, lineBytes } = facts;
  const rate = usualRate(facts);
  if (rate === 0) return { memorySec: null, diskSec: null };
  const byBytes = (queue.maxBytes - queue.bytes) / (rate * lineBytes);
  const byLines = queue.maxLines === null ? byBytes : (queue.maxLines - queue.lines) / rate;
  const isDiskGood = spool !== null && (spool.state === 'ready' || spool.state === 'full');
  return {
    memorySec: Math.max(0, Math.min(byBytes, byLines)),
    diskSec: isDiskGood && spills(facts) ? spool.roomBytes / (rate * lineBytes) : null,
  };
}

/** True where what memory cannot hold goes to disk. */
function spills({ spool, whenFull, durable }: DestinationFacts): boolean {
  return spool !== null && (whenFull === 'spill' || durable);
}

function adviceFor(state: DestinationState, facts: DestinationFacts): Advice[] {
  switch (state) {
    case 'away':
      return [{ change: `bring ${facts.addr} back`, why: 'nothing leaves before it accepts a connection' }];
    case 'stalled':
      return [
        {
          change: `look at ${facts.addr}: it is connected and has read nothing for ${seconds(facts.stallNowSec)}`,
          why: 'no buffer of the relay helps against a peer that does not read; one only puts the end off',
        },
        ...adviceOnRoom(facts),
      ];
    case 'slow':
      return [adviceOnSpeed(facts), ...adviceOnRoom(facts)];
    case 'bursty':
    case 'healthy':
      return [...adviceOnBursts(facts), ...adviceOnRoom(facts)];
    default:
      return adviceOnRoom(facts);
  }
}

function adviceOnSpeed(facts: DestinationFacts): Advice {
  const { flow, addr } = facts;
  const wanted = Math.max(flow.inPerSec10, flow.inPerSec60);
  return {
    change: `make ${addr} faster, or spread the keys over several such destinations (a route of type carbon_ch or jump_fnv1a_ch)`,
    why: `it takes ${perSec(flow.outPerSec10)} and ${perSec(wanted)} come; a larger buffer would only fill later`,
  };
}

function adviceOnBursts(facts: DestinationFacts): Advice[] {
  const { queue, flow, lineBytes, whenFull } = facts;
  const advice: Advice[] = [];
  const worst = Math.max(flow.inWorstSecHour, queue.highLines);
  if (queue.maxLines !== null && queue.maxLines < worst) {
    advice.push({
      change: `leave connbuf=${queue.maxLines} out, or set it to ${renderCount(roundUp(worst * 2, 1000))}`,
      why: `the worst second brought ${renderCount(flow.inWorstSecHour)} metrics; queue_bytes bounds the memory anyway`,
    });
  }
  const needBytes = queue.highBytes + flow.dropped60 * lineBytes;
  const isTight = flow.dropped60 > 0 || (!spills(facts) && queue.highBytes > queue.maxBytes / 2);
  if (isTight && whenFull !== 'block') {
    const wanted = roundUp(needBytes * 2, MIB);
    advice.push({
      change: `set queue_bytes=${wanted}`,
      why: `bursts needed ${mib(needBytes)} and the queue holds ${mib(queue.maxBytes)}; this is twice the worst`,
    });
  }
  return advice;
}

/** What is missing for an outage of a minute. */
function adviceOnRoom(facts: DestinationFacts): Advice[] {
  const { memorySec, diskSec } = outageOf(facts);
  if (memorySec === null) return [];
  const sum = memorySec + (diskSec ?? 0);
  if (sum >= OUTAGE_SEC_MIN || facts.whenFull === 'block') return [];
  return [
    {
      change:
        diskSec === null
          ? 'let it spill to disk (leave spool=false out)'
          : 'make room on the disk of spool_dir',
      why: `an outage of more than ${seconds(sum)} would lose metrics at this rate`,
    },
  ];
}

function roundUp(value: number, step: number): number {
  return Math.max(step, Math.ceil(value / step) * step);
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}

function perSec(rate: number): string {
  return `${renderCount(Math.round(rate))} metrics/s`;
}

function seconds(sec: number): string {
  return sec < 10 ? `${sec.toFixed(1)} s` : `${renderCount(Math.round(sec))} s`;
}
