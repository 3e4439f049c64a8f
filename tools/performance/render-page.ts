// docs/performance.md and its plots, rendered from the committed result files. No figure stands there without its losses.
import type { ScenarioResult } from '../../bench/result-file.ts';
import { RELAYS } from '../../bench/relays.ts';
import { type PeerScenario, reasonLeftOut, workOf } from '../../bench/scenario.ts';
import { cpuRatio, type Row } from '../../bench/summary.ts';
import {
  findShortfalls,
  judgeTargets,
  rowsOf,
  type Sentence,
  type Shortfall,
  type Verdict,
} from './judge.ts';
import { renderDots } from './render-dots.ts';
import { renderScaling, renderScalingPlots, type ScalingResult } from './render-scaling.ts';
import { count, fixed, lossOf, metricName, row, share, statePlace } from './words.ts';
import { wrapProse } from './wrap-prose.ts';

/** What the page is made of. */
export interface PageSource {
  readonly scenarios: readonly PeerScenario[];
  readonly results: readonly ScenarioResult[];
  readonly sentences: readonly Sentence[];
  readonly scaling: readonly ScalingResult[];
}

const INTRO = `# Performance

<!-- Made by \`bin/node tools/generate-docs.ts\` from bench/results/. Do not edit. -->

Sluice beside other relays on one machine: a load generator, one relay and a sink, each a process of its own, over loopback.
Every scenario runs all relays in turn, round after round, and the figures are medians over the rounds, so that a busy
minute of the machine hits all of them. Ratios are of two runs of the same round.

- **lost**: lines that should have reached the sink and did not, of all rounds. A relay that loses lines has done less work:
  its CPU is therefore given per million metrics *delivered*.
- **CPU**: seconds of the whole relay process per million metrics, from the first line sent until the last one came.
- **metrics/s**: until the last line came; who lets the last lines wait for a timer, up to two seconds, seems slower by that.
- **delay**: from the write of the sender to the read of the sink, of every line that came. At full speed it is mostly the time
  in queues and says how much a relay takes in before it has to give it out; what a relay adds to a line is seen where the
  load is paced.
- **memory**: the most that the process held (peak resident memory).

At full speed ours runs with \`when_full=block\` (\`sluice-block\`): sink and generator share two cores with the relay, the sink
is at times slower than the load, and with the defaults (\`sluice\`) what it does not take goes over the disk, so that the
figure would be one of the disk. Where something goes wrong with the destination, and at every paced load, the defaults run.
`;

/** Renders docs/performance.md. */
export function renderPerformancePage(source: PageSource): string {
  const results = inOrder(source);
  const shortfalls = findShortfalls(results, source.sentences);
  const page = [
    INTRO,
    statePlace(results),
    '## Ours beside the others\n',
    renderOverview(results),
    PLOTS,
    '## What we aim at\n',
    renderTargets(judgeTargets(source.scenarios, results)),
    '## Who runs, and how\n',
    renderRelays(results),
    '## Each scenario\n',
    ...results.map((result) => renderScenario(result, shortfalls)),
    renderScaling(source.scaling),
    REPEAT,
  ].join('\n');
  return wrapProse(page);
}

const PLOTS = `CPU seconds per million metrics delivered; further left is better. A cross instead of a dot: that relay lost
lines, how many stands in the table of the scenario.

![CPU seconds per million metrics, by scenario and relay](../bench/results/peers-cpu.svg)

![p99 delay, by scenario and relay](../bench/results/peers-p99.svg)
`;

const REPEAT = `## How to repeat it

In a checkout:

    npm run bench:peers -- --quick                    # fewer rounds and lines, in less than five minutes
    npm run bench:peers                               # all of them, five rounds each; some forty minutes
    npm run bench:peers -- --scenarios notes --rounds 9
    npm run bench:peers -- --record && bin/node tools/generate-docs.ts    # writes the results and this page

carbon-c-relay, graphite-carbon and haproxy are installed from Debian's packages where they are missing (which needs root);
carbon-relay-ng and nanotube run where \`CRNG_BIN\` and \`NANOTUBE_BIN\` name a binary. Nothing else may run on the machine
meanwhile. A scenario is in the result file as soon as it is through: after a cut, \`--resume\` runs the rest. The scenarios
are [bench/scenarios.json](../bench/scenarios.json), the raw results [bench/results/peers.json](../bench/results/peers.json).
`;

/** Results in the order of the scenarios; those of scenarios that are no more are left out. */
function inOrder({ scenarios, results }: PageSource): ScenarioResult[] {
  return scenarios.flatMap(({ name }) => results.filter(({ scenario }) => scenario.name === name));
}

const REFERENCES = [
  'haproxy',
  'carbon-c-relay',
  'c-relay-deep',
  'carbon-relay-ng',
  'nanotube',
  'carbon-relay',
];

function renderOverview(results: readonly ScenarioResult[]): string {
  const head = [
    row([
      'scenario',
      'ours',
      'lost',
      'CPU s per 1 M',
      'metrics/s',
      'p99 ms',
      ...REFERENCES.map((name) => `÷ ${name}`),
    ]),
    row(Array.from({ length: 6 + REFERENCES.length }, (_, index) => (index < 2 ? '---' : '---:'))),
  ];
  const lines = results.flatMap((result) => {
    const [ours, ...others] = rowsOf(result);
    if (ours === undefined) return [];
    const ratios = REFERENCES.map((name) => {
      const other = others.find(({ relay }) => relay === name);
      if (other === undefined) return '';
      const ratio = cpuRatio(result.measurements, ours.relay, name);
      return `${fixed(ratio)}${other.lost > 0 ? ` (lost ${share(other.lost / other.expected)})` : ''}`;
    });
    const p99 = ours.delaySamples > 0 ? fixed(ours.p99Ms) : '';
    const own = [ours.relay, lossOf(ours), fixed(ours.cpuDelivered), count(ours.linesPerSecond), p99];
    return [row([`[${result.scenario.title}](#${anchor(result)})`, ...own, ...ratios])];
  });
  return `${[...head, ...lines].join('\n')}

The columns with ÷ are CPU of ours by CPU of the other per metric delivered, in the same round: 0.10 is a tenth. An empty
cell: it did not take part, for the reason that stands with the scenario; where it lost lines, how many is in brackets.
`;
}

function anchor({ scenario: { title } }: ScenarioResult): string {
  return title
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
}

function renderTargets(verdicts: readonly Verdict[]): string {
  const lines = verdicts.map(({ scenario, target, figure, isMet, row: ours }) => {
    const what = `${metricName(target.metric)}${target.over === undefined ? '' : ` ÷ ${target.over}`}`;
    const cells = [scenario.title, what, `≤ ${target.atMost}`, fixed(figure), lossOf(ours)];
    const why = target.why === undefined ? '' : `: ${target.why}`;
    return row([...cells, isMet ? 'met' : `**not met**${why}`]);
  });
  return `${row(['scenario', 'figure', 'aim', 'measured', 'lost', ''])}
${row(['---', '---', '---:', '---:', '---:', '---'])}
${lines.join('\n')}

A figure counts as met only when nothing was lost.
`;
}

function renderRelays(results: readonly ScenarioResult[]): string {
  const names = new Set(results.flatMap(({ measurements }) => measurements.map(({ relay }) => relay)));
  const lines = RELAYS.filter(({ name }) => names.has(name)).map(({ name, about }) => {
    const versions = new Set(results.flatMap((result) => result.versions[name] ?? []));
    return `- **${name}** (${[...versions].join(', ')}): ${about}.`;
  });
  return `${lines.join('\n')}\n`;
}

const COLUMNS: readonly { readonly title: string; readonly of: (one: Row) => string }[] = [
  { title: 'relay', of: ({ relay }) => relay },
  { title: 'metrics in', of: ({ linesIn }) => count(linesIn) },
  { title: 'lost', of: lossOf },
  { title: 'twice', of: ({ duplicates }) => count(duplicates) },
  { title: 'CPU s per 1 M in', of: ({ cpu }) => fixed(cpu) },
  { title: 'delivered', of: ({ cpuDelivered }) => fixed(cpuDelivered) },
  { title: 'metrics/s', of: ({ linesPerSecond }) => count(linesPerSecond) },
  { title: 'p50 ms', of: (one) => (one.delaySamples > 0 ? fixed(one.p50Ms) : '–') },
  { title: 'p99 ms', of: (one) => (one.delaySamples > 0 ? fixed(one.p99Ms) : '–') },
  { title: 'max ms', of: (one) => (one.delaySamples > 0 ? fixed(one.maxMs) : '–') },
  { title: 'memory MiB', of: ({ rssPeakMib }) => count(rssPeakMib) },
  { title: 'growth MiB', of: ({ growthMib }) => count(growthMib) },
];

function renderScenario(result: ScenarioResult, shortfalls: readonly Shortfall[]): string {
  const { scenario, rounds, measurements, absent, failed } = result;
  const rows = rowsOf(result);
  const lines = [
    row(COLUMNS.map(({ title }) => title)),
    row(COLUMNS.map((_, index) => (index === 0 ? '---' : '---:'))),
    ...rows.map((one) => row(COLUMNS.map(({ of }) => of(one)))),
  ];
  const out = leftOut(scenario, new Set(measurements.map(({ relay }) => relay)), absent);
  const crashes = failed.map(
    ({ relay, round, message }) => `${relay} in round ${round} (${firstWords(message)})`,
  );
  return [
    `### ${scenario.title}\n`,
    `${capital(scenario.about)}. ${rounds} round${rounds === 1 ? '' : 's'}.\n`,
    ...lines,
    '',
    ...(out.length > 0 ? [`Left out: ${out.join('; ')}.\n`] : []),
    ...(crashes.length > 0 ? [`Runs that ended without a figure: ${crashes.join(', ')}.\n`] : []),
    ...renderShortfalls(shortfalls.filter((one) => one.scenario === scenario.name)),
  ].join('\n');
}

function leftOut(
  scenario: PeerScenario,
  ran: ReadonlySet<string>,
  absent: Readonly<Record<string, string>>,
): string[] {
  const programs = [...new Set(RELAYS.map(({ program }) => program))].filter((name) => name !== 'none');
  return programs.flatMap((program) => {
    const own = RELAYS.filter((relay) => relay.program === program);
    if (own.some(({ name }) => ran.has(name))) return [];
    const missing = own.map(({ name }) => absent[name]).find((reason) => reason !== undefined);
    const cannot = own.find((relay) => relay.leftOut(workOf(scenario)) !== undefined);
    const reason = missing ?? reasonLeftOut(scenario, program) ?? cannot?.leftOut(workOf(scenario));
    return [`${program} (${reason ?? 'not run'})`];
  });
}

function renderShortfalls(shortfalls: readonly Shortfall[]): string[] {
  if (shortfalls.length === 0)
    return ['Ahead of all of them, or level, in losses, lines that came twice, CPU, rate, p99 and memory.\n'];
  const sentences = new Map<string, string[]>();
  for (const { peer, metric, ours, theirs, sentence } of shortfalls) {
    const text =
      sentence === undefined ? 'nobody has said why' : `${sentence.why} Planned: ${sentence.planned}`;
    const figures =
      metric === 'lost' || metric === 'twice'
        ? `${share(ours)} against ${share(theirs)}`
        : `${fixed(ours)} against ${fixed(theirs)}`;
    const key = `${metricName(metric)}\n${text}`;
    sentences.set(key, [...(sentences.get(key) ?? []), `${peer} (${figures})`]);
  }
  const items = [...sentences].map(([key, peers]) => {
    const [metric = '', text = ''] = key.split('\n');
    return `- ${metric}: behind ${peers.join(', ')}. ${text}`;
  });
  return ['Not ahead:\n', ...items, ''];
}

/** Draws the plots; file names in bench/results/ and their text. */
export function renderPerformancePlots(source: PageSource): Record<string, string> {
  const results = inOrder(source);
  const shown = RELAYS.map(({ name }) => name).filter((name) =>
    results.some((result) => rowsOf(result).some(({ relay }) => relay === name)),
  );
  const draw = (title: string, xLabel: string, of: (one: Row) => number): string =>
    renderDots({
      title,
      xLabel,
      series: shown,
      rows: results.map((result) => ({
        name: result.scenario.title,
        dots: rowsOf(result).map((one) => ({
          series: one.relay,
          value: of(one),
          lost: one.lost > 0,
          title: `${one.relay}: ${fixed(of(one))}, lost ${lossOf(one)}`,
        })),
      })),
    });
  return {
    ...renderScalingPlots(source.scaling),
    'peers-cpu.svg': draw('CPU', 'CPU seconds per million metrics delivered', (one) => one.cpuDelivered),
    'peers-p99.svg': draw('p99 delay', 'milliseconds', (one) => (one.delaySamples > 0 ? one.p99Ms : 0)),
  };
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

function firstWords(message: string): string {
  return message.split('\n')[0]?.slice(0, 80).trim() ?? '';
}
