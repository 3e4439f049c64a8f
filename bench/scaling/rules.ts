// Cost against the number of rules, by their kind: lines of known series, and series that the table sees for the first time.
import { cpuMicros } from '../cpu-micros.ts';
import type { MatcherOptions, RouteOptions } from '../../src/table/options.ts';
import { CHUNK_BYTES, compileTable, makeDataPath, makeRoute } from '../data-path.ts';
import { median } from '../guard/judge.ts';
import { costAt, type Curve, type CurvePoint, curveOf, type ScalingResult } from './curve.ts';
import { drive, LINE, medianDrive } from './drive.ts';
import { LineSource } from './line-source.ts';

const COUNTS = [1, 10, 100, 1000, 10_000];
const KINDS = ['prefix', 'sub', 'regex'] as const;
const LINES = 1_000_000;
const KEYS = 20_000;

type Kind = (typeof KINDS)[number];

/** Rules of one kind, of which a key matches one at most; the last takes every line of `LINE`. */
function rulesOf(kind: Kind, count: number): RouteOptions[] {
  const matcherOf = (i: number): MatcherOptions => {
    if (kind === 'prefix') return { prefix: `dc${i}.` };
    if (kind === 'sub') return { sub: `.app${i}.` };
    return { regex: `^dc[0-9]+\\.app${i}\\.(host|web)[0-9]+\\.` };
  };
  const rules = Array.from({ length: count - 1 }, (_, i) => makeRoute(`r${i}`, matcherOf(i)));
  const last: MatcherOptions =
    kind === 'prefix'
      ? { prefix: 'servers.' }
      : kind === 'sub'
        ? { sub: '.cpu.' }
        : { regex: '^servers\\.host[0-9]+\\.cpu\\.' };
  return [...rules, makeRoute('last', last)];
}

/** Measures known lines and new keys under each kind and number of rules. */
export async function measureRules(): Promise<readonly [known: ScalingResult, fresh: ScalingResult]> {
  const known: Curve[] = [];
  const fresh: Curve[] = [];
  for (const kind of KINDS) {
    const knownPoints: CurvePoint[] = [];
    const freshPoints: CurvePoint[] = [];
    for (const x of COUNTS) {
      const routes = rulesOf(kind, x);
      const path = await makeDataPath({ routes });
      const source = new LineSource(LINE, CHUNK_BYTES);
      drive(path, source, 10_000, 200_000, 1);
      const { secondsPerMillion, lost } = medianDrive(5, () => drive(path, source, 10_000, LINES, 1));
      knownPoints.push({ x, y: secondsPerMillion, lost });
      freshPoints.push({ x, ...resolveNew(routes) });
    }
    known.push({ name: kind, points: knownPoints });
    fresh.push({ name: kind, points: freshPoints });
  }
  const shared = { xLabel: 'rules', curves: known };
  return [
    {
      ...shared,
      name: 'rules-known',
      title: 'Cost of lines of known series against the number of rules',
      note: 'inside the process: dispatcher, engine, one output; 10,000 series',
      yLabel: 'CPU s per 1 M lines',
      yScale: 'linear',
      reasons: [
        `A known series is not matched again: with 10,000 rules a line costs ${times(known, 10_000, 1)} of what it costs with one.`,
      ],
    },
    {
      ...shared,
      name: 'rules-new',
      title: 'Cost of new series against the number of rules',
      note: `the table alone, ${KEYS} keys of which none comes twice; each matches one rule or none`,
      yLabel: 'CPU us per new series',
      yScale: 'log',
      curves: fresh,
      reasons: newReasons(fresh),
    },
  ];
}

/** CPU microseconds per key when the code is warm: of keys that are new, and of the same keys once more. */
function resolveNew(routes: readonly RouteOptions[]): Omit<CurvePoint, 'x'> {
  const snapshot = compileTable({ routes });
  const pass = (from: number): { us: number; routed: number } => {
    const keys = Array.from({ length: KEYS }, (_, nth) => newKey(from + nth));
    const before = cpuMicros();
    let routed = 0;
    for (const key of keys) if (snapshot.resolve(key).kind === 'route') routed++;
    return { us: (cpuMicros() - before) / KEYS, routed };
  };
  pass(0);
  const fresh = [1, 2, 3].map((round) => pass(round * KEYS));
  // Each second key is for the last rule.
  const lost = fresh.reduce((sum, { routed }) => sum + Math.max(0, KEYS / 2 - routed), 0);
  return { y: median(fresh.map(({ us }) => us)), lost, more: { againUs: pass(3 * KEYS).us } };
}

function newKey(i: number): Buffer {
  const key = i % 2 === 0 ? `servers.host${i}.cpu.user` : `dc${i % 12_000}.app${i % 12_000}.host${i}.cpu`;
  return Buffer.from(key, 'latin1');
}

function times(curves: readonly Curve[], x: number, base: number): string {
  const ratios = curves.map(
    (curve) => `${(costAt(curve, x) / costAt(curve, base)).toFixed(2)} (${curve.name})`,
  );
  return ratios.join(', ');
}

function newReasons(fresh: readonly Curve[]): string[] {
  const regex = curveOf(fresh, 'regex');
  const us = (x: number): string => costAt(regex, x).toFixed(1);
  const again = regex.points.find(({ x }) => x === 10_000)?.more?.['againUs'] ?? Number.NaN;
  return [
    `Ten thousand times the rules make a new series ${times(fresh, 10_000, 1)} times as dear: candidates come from an index of literals and shared automata, and only those are tried.`,
    `A new series costs ${us(1)} us under one regex, ${us(1000)} under 1,000 and ${us(10_000)} under 10,000. There nearly each key that meets a regex meets another one than the keys before; keys seen a second time still cost ${again.toFixed(1)} us, ${again > costAt(regex, 10_000) / 2 ? 'so it is not the making of automata that takes the time' : 'so most of it is the making of automata'}.`,
  ];
}
