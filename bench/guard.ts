// The guard: fails when the hot path has become slower than its baseline by more than a quarter, or loses a line.
//
//   npm run bench:guard               # about a minute
//   npm run bench:guard -- --renew    # writes what it measures to bench/guard-baseline.json, for processors of this kind
//
// Its figures are ratios of CPU times of one run: parts of the hot path over a fixed loop, whole relays over haproxy. What
// looks worse is measured again, up to four times, and the best counts: a machine that is busy for a while passes, what is slow
// on purpose does not.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensurePackages } from '../test/system/debian-packages.ts';
import { ensureEngine } from '../tools/engine-built.ts';
import {
  baselineFor,
  type BaselineFile,
  betterOf,
  type Figure,
  judge,
  type Judgement,
  median,
  passes,
} from './guard/judge.ts';
import { measureParts } from './guard/part-figures.ts';
import { measureRelays } from './guard/relay-figures.ts';
import { haproxy } from './relays/haproxy.ts';
import { readOrigin } from './result-file.ts';

const BASELINE = join(import.meta.dirname, 'guard-baseline.json');
const PART_ROUNDS = 7;
const RELAY_ROUNDS = 5;
const RETRIES = 4;
/** A baseline is the middle of so many measurements. */
const RENEW_RUNS = 3;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { renew: { type: 'boolean', default: false }, baseline: { type: 'string', default: BASELINE } },
  });
  const startedMs = performance.now();
  ensureEngine();
  ensurePackages(...(haproxy.packages ?? []));
  let figures = await measure();
  if (values.renew) {
    const all = [figures];
    while (all.length < RENEW_RUNS) all.push(await measure());
    figures = figures.map((figure, at) => ({
      ...figure,
      ratio: median(all.map((one) => one[at]?.ratio ?? Number.NaN)),
    }));
    writeFileSync(values.baseline, renderBaselines(figures, readBaselines(values.baseline)));
    console.log(`written to ${values.baseline}`);
  }
  const processor = readOrigin().machine.cpu;
  const file = readBaselines(values.baseline);
  if (!Object.hasOwn(file.processors, processor))
    console.log(`no baseline for ${processor}: compared with the highest of the others`);
  const baseline = baselineFor(processor, file);
  let judged = judge(figures, baseline);
  for (let retry = 1; retry <= RETRIES && judged.some(({ verdict }) => verdict === 'worse'); retry++) {
    const names = new Set(judged.filter(({ verdict }) => verdict === 'worse').map(({ name }) => name));
    console.log(`once more: ${[...names].join('; ')}`);
    const again = new Map((await measure(names)).map((figure) => [figure.name, figure]));
    figures = figures.map((figure) => betterOf(figure, again.get(figure.name) ?? figure));
    judged = judge(figures, baseline);
  }
  show(judged, figures);
  const bad = judged.filter((one) => !passes(one));
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
  console.log(bad.length === 0 ? `passed in ${seconds} s` : `FAILED in ${seconds} s: ${bad.length} figures`);
  if (bad.length > 0) process.exitCode = 1;
}

async function measure(names?: ReadonlySet<string>): Promise<Figure[]> {
  const wants = (kind: string): boolean =>
    names === undefined || [...names].some((name) => name.startsWith('relay,') === (kind === 'relays'));
  return [
    ...(wants('parts') ? await measureParts(PART_ROUNDS, names) : []),
    ...(wants('relays') ? await measureRelays(RELAY_ROUNDS, names) : []),
  ];
}

function readBaselines(file: string): BaselineFile {
  const about =
    'CPU time as a multiple of a reference of the same run, by processor; `npm run bench:guard -- --renew` writes that of this one';
  const { processors } = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as BaselineFile)
    : { processors: {} };
  return { about, processors };
}

function renderBaselines(figures: readonly Figure[], { about, processors }: BaselineFile): string {
  const origin = readOrigin();
  const ratios = Object.fromEntries(figures.map(({ name, ratio }) => [name, Number(ratio.toPrecision(4))]));
  const all = { ...processors, [origin.machine.cpu]: { origin, ratios } };
  return `${JSON.stringify({ about, processors: all }, null, 2)}\n`;
}

function show(judged: readonly Judgement[], figures: readonly Figure[]): void {
  console.log(`${'figure'.padEnd(28)}  ratio  baseline  change  spread  lost  verdict`);
  for (const { name, ratio, baseline, verdict } of judged) {
    const figure = figures.find((one) => one.name === name);
    const change = ratio === undefined || baseline === undefined ? '' : (ratio / baseline).toFixed(2);
    console.log(
      [
        name.padEnd(28),
        (ratio?.toFixed(3) ?? '').padStart(6),
        (baseline?.toFixed(3) ?? '').padStart(9),
        change.padStart(7),
        (figure?.spread.toFixed(2) ?? '').padStart(7),
        String(figure?.lost ?? '').padStart(5),
        ` ${verdict}`,
      ].join(' '),
    );
  }
}

await main();
