// What does a key cost that the table sees for the first time, under 1,000 rules of one family? Prints, for each family,
// the time to compile the table, to resolve the first keys (automata cold) and a key later on (every key is new, the
// automata are warm), and how many routes a key matched. `bin/node bench/micro/resolve.ts [rules] [keys]`
import type { DestinationOptions } from '../../src/destination/options.ts';
import { HASH_DEFAULTS, type MatcherOptions } from '../../src/table/options.ts';
import { Snapshot } from '../../src/table/snapshot.ts';

const RULES = Number(process.argv[2] ?? 1000);
const KEYS = Number(process.argv[3] ?? 20_000);
const FIRST_KEYS = 100;

type Family = readonly [name: string, rule: (i: number) => MatcherOptions, key: (i: number) => string];

const letters = (i: number, count: number): string =>
  Array.from({ length: count }, (_, at) =>
    String.fromCharCode(97 + ((i * (at + 7) * 31 + at * i) % 26)),
  ).join('');
const serverKey = (i: number): string => `servers.host${i % 1999}.cpu.${i % 64}.${letters(i, 5)}`;
const statsKey = (i: number): string =>
  `stats.timers.${['app', 'proxy', 'static', 'web'][i % 4]}${i % 24_000}.requests.${letters(i, 6)}.p${i % 100}`;
const appKey = (i: number): string => `prod.dc${i % 7}.app${i % 1500}.${letters(i, 6)}.${i % 991}.count`;
const randomKey = (i: number): string =>
  `${letters(i, 4 + (i % 5))}${i % 9973}.${letters(i * 3, 6)}.${letters(i * 7, 4)}${i % 89}`;
const taggedKey = (i: number): string =>
  `disk.used.${letters(i, 5)};dc=d${i % 9};host=h${i % 1999};r=${i % 64}`;
const classOf = (i: number): string =>
  `[${String.fromCharCode(97 + (i % 20))}-${String.fromCharCode(98 + (i % 20) + (i % 5))}]`;

const FAMILIES: readonly Family[] = [
  ['prefix=', (i) => ({ prefix: `servers.host${i}.` }), serverKey],
  ['sub=', (i) => ({ sub: `.app${i}.` }), appKey],
  ['^servers\\.host123\\.cpu\\..*', (i) => ({ regex: `^servers\\.host${i}\\.cpu\\..*` }), serverKey],
  [
    '^stats\\.timers\\.(app|proxy|static)12[0-9]+\\.requests\\.(.*)',
    (i) => ({ regex: `^stats\\.timers\\.(app|proxy|static)${i}[0-9]+\\.requests\\.(.*)` }),
    statsKey,
  ],
  ['.*\\.app17\\..*\\.count$', (i) => ({ regex: `.*\\.app${i}\\..*\\.count$` }), appKey],
  [
    '[a-z]+[0-9]+\\.foo\\d{2,3}\\.bar.*',
    (i) => ({ regex: `[a-z]+[0-9]+\\.foo${i}\\d{2,3}\\.bar.*` }),
    (i) => `web${i % 997}.foo${i % 89_000}.bar.${letters(i, 5)}`,
  ],
  ['(?i)^Servers\\.Host123\\.', (i) => ({ regex: `(?i)^Servers\\.Host${i}\\.` }), serverKey],
  [
    '^(servers|hosts)\\.(host1|web1)\\.',
    (i) => ({ regex: `^(servers|hosts)\\.(host${i}|web${i})\\.` }),
    serverKey,
  ],
  ['tags dc=x', (i) => ({ tags: [`host=h${i}`, `dc!=d${i % 7}`] }), taggedKey],
  ['tags dc=~x', (i) => ({ tags: [`host=~h${i}(a|b)?$`] }), taggedKey],
  ['sub= and notRegex=', (i) => ({ sub: `host${i}.`, notRegex: `\\.[${letters(i, 1)}-z]+$` }), serverKey],
  [
    'one prefix, classes: ^servers\\.host[0-9]+\\.cpu\\.1\\.[a-d]',
    (i) => ({
      regex: `^servers\\.host[0-9]+\\.cpu\\.[0-9]?${i % 10}\\.${classOf(i)}${classOf(i >> 3)}${classOf(i >> 5)}`,
    }),
    serverKey,
  ],
  [
    'no literal, anchored: ^[a-d]+[0-9]{3}\\.[c-g]+',
    (i) => ({ regex: `^${classOf(i)}+${classOf(i >> 2)}*[0-9]{${(i % 4) + 1}}\\.${classOf(i >> 5)}` }),
    randomKey,
  ],
  [
    'no literal, free: [a-d][0-9]{2}\\.[c-g]+[x-z]$',
    (i) => ({
      regex: `${classOf(i)}[0-9]{${(i % 3) + 1}}\\.${classOf(i >> 2)}+.*${classOf(i >> 4)}[0-9]${i % 2 === 0 ? '$' : ''}`,
    }),
    randomKey,
  ],
  ['not known to our parser: ^\\pL+123\\.', (i) => ({ regex: `^\\pL+${i}\\.` }), randomKey],
];

const destination = { addr: '127.0.0.1:2003' } as DestinationOptions;

console.log(`${RULES} rules, ${KEYS} keys, none seen twice; microseconds of this thread's CPU time a key`);
console.log('compile ms | first us | later us | median us | routes/key | family');
for (const [name, rule, key] of FAMILIES) measure(name, rule, key);

function measure(name: string, rule: Family[1], key: Family[2]): void {
  const routes = Array.from({ length: RULES }, (_, i) => {
    return {
      ...HASH_DEFAULTS,
      key: `r${i}`,
      type: 'sendAllMatch' as const,
      matcher: rule(i),
      stop: false,
      destinations: [destination],
    };
  });
  const keys = Array.from({ length: KEYS }, (_, i) => Buffer.from(key(i * 7919 + 13)));
  const started = cpuUs();
  const snapshot = Snapshot.compile(
    { blocklist: [], rewriters: [], aggregators: [], routes },
    { outputOf: (route) => route, slotOf: () => 0, validateKey: () => undefined },
  );
  const compileMs = (cpuUs() - started) / 1000;
  let matched = 0;
  const times = new Float64Array(KEYS);
  const resolve = (from: number, to: number): number => {
    const begin = cpuUs();
    for (let i = from; i < to; i++) {
      const wall = performance.now();
      const plan = snapshot.resolve(keys[i] as Uint8Array);
      times[i] = 1000 * (performance.now() - wall);
      if (plan.kind === 'route') matched += plan.outputs.length;
    }
    return (cpuUs() - begin) / (to - from);
  };
  const first = resolve(0, FIRST_KEYS);
  resolve(FIRST_KEYS, KEYS >> 1);
  const mean = resolve(KEYS >> 1, KEYS);
  // Wall time, which the median keeps clear of what else the machine does.
  const median = times.slice(KEYS >> 1).toSorted()[KEYS >> 2] as number;
  const columns = [
    compileMs.toFixed(0),
    first.toFixed(1),
    mean.toFixed(1),
    median.toFixed(1),
    (matched / KEYS).toFixed(2),
  ];
  console.log(`${columns.map((text) => text.padStart(8)).join(' | ')} | ${name}`);
}

function cpuUs(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}
