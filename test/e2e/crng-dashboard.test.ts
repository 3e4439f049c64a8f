// carbon-relay-ng's published dashboard (grafana.com, id 338) goes on with this relay: every series that it asks for is
// reported, and moves when what it measures happens.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { assertConserved } from '../assert-conserved.ts';
import { type RelayProcess, startRelay } from './relay-process.ts';
import { makeLines, sendLines } from './send-lines.ts';
import { startSink, type TcpSink } from './tcp-sink.ts';

const SERVICE = 'service_is_carbon-relay-ng.instance_is_test';
const COUNTER = `${SERVICE}.mtype_is_counter`;
const GAUGE = `${SERVICE}.mtype_is_gauge`;
const PROCESS = 'carbon-relay-ng.stats.test';

/** The series of the dashboard's queries, without the functions around them; `*` stands for `$dest` too. */
const QUERIES = [
  `${COUNTER}.unit_is_Metric.*`,
  `${COUNTER}.unit_is_Err.type_is_invalid`,
  `${COUNTER}.unit_is_Err.type_is_out_of_order`,
  `${COUNTER}.dest_is_*.unit_is_Metric.direction_is_out`,
  `${COUNTER}.spool_is_*.unit_is_Metric.status_is_incomingRT`,
  `${COUNTER}.dest_is_*.unit_is_Metric.action_is_drop.*`,
  `${COUNTER}.dest_is_*.unit_is_Err.*`,
  `${PROCESS}.memory.total_bytes_allocated.counter64`,
  `${PROCESS}.memory.bytes.allocated_in_heap.gauge64`,
  `${PROCESS}.memory.bytes.obtained_from_sys.gauge64`,
  `${PROCESS}.process.virtual_memory_bytes.gauge64`,
  `${PROCESS}.process.resident_memory_bytes.gauge64`,
  `${PROCESS}.process.minor_page_faults.counter64`,
  `${PROCESS}.process.major_page_faults.counter64`,
  `${PROCESS}.memory.gc.cpu_fraction.gauge32`,
  `${PROCESS}.process.cpu_seconds_total.counter64`,
  `${PROCESS}.memory.total_gc_cycles.counter64`,
  `${PROCESS}.memory.gc.last_duration.gauge64`,
  ...['ticker', 'manual'].flatMap((cause) =>
    ['max', 'max_99', 'mean'].map(
      (stat) => `${GAUGE}.dest_is_*.unit_is_B.what_is_FlushSize.type_is_${cause}.stat_is_${stat}`,
    ),
  ),
  `${GAUGE}.dest_is_*.unit_is_B.what_is_FlushSize.type_is_overflow.stat_is_max`,
  `${GAUGE}.dest_is_*.unit_is_B.what_is_FlushSize.type_is_overflow.stat_is_max99`,
  `${GAUGE}.dest_is_*.unit_is_B.what_is_FlushSize.type_is_overflow.mean`,
  `${GAUGE}.dest_is_*.unit_is_Metric.what_is_numBuffered`,
  `${GAUGE}.dest_is_*.unit_is_Metric.what_is_bufferSize`,
  `${GAUGE}.what_is_virtual_memory.unit_is_Byte`,
  `${GAUGE}.what_is_memory_allocated.unit_is_Byte`,
  ...['ticker', 'overflow'].flatMap((cause) =>
    ['max', 'mean'].map(
      (stat) => `${GAUGE}.unit_is_ns.dest_is_*.what_is_durationFlush.type_is_${cause}.stat_is_${stat}`,
    ),
  ),
  `${COUNTER}.spool_is_*.unit_is_Metric.*`,
  `${GAUGE}.spool_is_*.unit_is_Metric.status_is_buffered`,
  ...['max_50', 'max_95', 'max', 'mean'].map(
    (stat) => `${GAUGE}.unit_is_ns.spool_is_*.operation_is*.stat_is_${stat}`,
  ),
  `${COUNTER}.module_is_aggregator.unit_is_Metric.what_is_TooOld`,
  `${GAUGE}.module_is_aggregator.unit_is_s.what_is_timestamp_received.type_is_min`,
  `${GAUGE}.module_is_aggregator.unit_is_s.what_is_timestamp_received.type_is_max`,
  `${COUNTER}.unit_is_Metric.direction_is_in.aggregator_is_*`,
  `${COUNTER}.unit_is_Metric.direction_is_out.aggregator_is_*`,
  `${SERVICE}.*.unit_is_aggregator.what_is_flush_waiting`,
];

/** Queries that carbon-relay-ng never answered: the names in them are misspelt. (It never sent `overflow…stat_is_max` either.) */
const DEAD = new Set([
  `${GAUGE}.dest_is_*.unit_is_B.what_is_FlushSize.type_is_overflow.stat_is_max99`,
  `${GAUGE}.dest_is_*.unit_is_B.what_is_FlushSize.type_is_overflow.mean`,
]);

/** What need not move here: settings, what a machine may do or not, and what lasts for less than a report. */
const MAY_REST =
  /FlushSize\.type_is_manual|bufferSize|virtual_memory|page_faults|cpu_fraction|status_is_buffered|flush_waiting/;

class Reports {
  readonly #sink: TcpSink;
  #read = 0;
  readonly #values = new Map<string, Set<string>>();

  constructor(sink: TcpSink) {
    this.#sink = sink;
  }

  /** The names that match a query, and whether one of them ever changed. */
  answer(query: string): { readonly names: string[]; readonly moves: boolean } {
    this.#readOn();
    const parts = query.split('*').map((part) => part.replaceAll('.', '\\.'));
    const pattern = new RegExp(`^${parts.join('[^.]*')}$`);
    const names = [...this.#values.keys()].filter((name) => pattern.test(name));
    return { names, moves: names.some((name) => (this.#values.get(name)?.size ?? 0) > 1) };
  }

  #readOn(): void {
    for (const line of this.#sink.kept.slice(this.#read)) {
      const fields = line.split(' ');
      assert.equal(fields.length, 3, line);
      const [name = '', value = ''] = fields;
      const values = this.#values.get(name) ?? new Set();
      values.add(value);
      this.#values.set(name, values);
    }
    this.#read = this.#sink.kept.length;
  }
}

/** A bit of everything: good lines, bad ones, ones for the aggregator, early and late. */
async function sendRound(t: TestContext, relay: RelayProcess, round: number): Promise<void> {
  const nowSec = Math.floor(Date.now() / 1000);
  await sendLines(t, relay.port, [
    ...makeLines(`m.r${round}`, 500, 500),
    'no line',
    'blocked.a 1 1700000000',
    'nowhere.a 1 1700000000',
    `late.r 1 ${nowSec - round}`,
    `late.r 1 ${nowSec - 3600}`,
    ...Array.from({ length: 20 }, (_, n) => `m.raw.s${n} ${n} ${nowSec}`),
    `m.raw.old 1 ${nowSec - 600}`,
  ]);
}

/** Two destinations, one of them without a disk, and an aggregator. */
function makeConfig(graphite: TcpSink, live: TcpSink, away: TcpSink): string {
  return `spool_dir = "spool"
validate_order = true
blocklist = ["prefix blocked."]
[instrumentation]
graphite_addr = "${graphite.addr}"
graphite_interval = 1000
[[aggregation]]
function = "sum"
regex = '^m\\.raw\\.'
format = "m.sum"
interval = 1
wait = 2
[[route]]
key = "live"
type = "sendAllMatch"
prefix = "m."
destinations = ["${live.addr} reconn=100"]
[[route]]
key = "away"
type = "sendAllMatch"
prefix = "m."
destinations = ["${away.addr} spool=false connbuf=20000 reconn=100"]
`;
}

test('every series of dashboard 338 is reported, and moves', async (t) => {
  const graphite = await startSink(t, { keep: true });
  const live = await startSink(t);
  const away = await startSink(t);
  await away.close();
  const relay = await startRelay(t, makeConfig(graphite, live, away));
  const reports = new Reports(graphite);
  await sendRound(t, relay, 1);
  await graphite.until('a report', () => graphite.lines > 0);
  await live.close();
  await sendLines(t, relay.port, makeLines('m.big', 30_000, 30_000));
  await relay.untilLedger('lines on disk', ({ destinations }) => destinations.some((row) => row.spooled > 0));
  const spools = (await (await relay.get('/api/spools')).json()) as { key: string }[];
  const load = await fetch(
    `http://127.0.0.1:${relay.httpPort}/api/spools/${encodeURIComponent(spools[0]?.key ?? '')}/lines`,
    { method: 'POST', body: 'm.bulk 1 1700000000\n' },
  );
  assert.equal(load.status, 200);
  await live.listen();
  await away.listen();

  const waiting = new Set(QUERIES.filter((query) => !DEAD.has(query)));
  const end = performance.now() + 90_000;
  for (let round = 2; waiting.size > 0; round += 1) {
    await sendRound(t, relay, round);
    await pause(100);
    for (const query of waiting) {
      const { names, moves } = reports.answer(query);
      if (names.length > 0 && (moves || MAY_REST.test(query))) waiting.delete(query);
    }
    assert.ok(performance.now() < end, `no series, or none that moves: ${[...waiting].join('\n')}`);
  }
  for (const query of DEAD)
    assert.deepEqual(reports.answer(query).names, [], `${query} lives: exempt no more`);
  const variables = [`${SERVICE}.mtype_is_counter.dest_is_live_${live.addr.replaceAll(/[.:]/g, '_')}.*.*`];
  for (const variable of variables) assert.ok(reports.answer(variable).names.length > 0, variable);
  const { exit, ledger } = await relay.terminate();
  assert.equal(exit.code, 0);
  assertConserved(ledger);
});

test('self-metrics go on while every queue is full, and their target may be away without harm', async (t) => {
  const graphite = await startSink(t, { keep: true });
  const frozen = await startSink(t);
  frozen.reading = 'frozen';
  const relay = await startRelay(
    t,
    `[instrumentation]
graphite_addr = "${graphite.addr}"
graphite_interval = 1000
[[route]]
key = "full"
type = "sendAllMatch"
destinations = ["${frozen.addr} spool=false when_full=drop_newest queue_bytes=65536"]
`,
  );
  await graphite.close();
  await sendLines(t, relay.port, makeLines('m.full', 300_000));
  await relay.untilLedger('a full queue', ({ dropped }) => (dropped.slow_conn ?? 0) > 0);
  await relay.untilLogged('self-metrics cannot be sent');
  await graphite.listen();
  await graphite.until('a report', () =>
    graphite.kept.some((line) => /action_is_drop\.reason_is_slow_conn [1-9]/.test(line)),
  );
  relay.kill('SIGTERM');
  await relay.untilLogged('draining');
  relay.kill('SIGTERM');
  await relay.exited();
  assertConserved(relay.finalLedger());
});

test('self-metrics can go through the table, under another name, and are booked as generated', async (t) => {
  const sink = await startSink(t, { keep: true });
  const relay = await startRelay(
    t,
    `[instrumentation]
service = "sluice"
graphite_prefix = "relays."
into_table = true
graphite_interval = 1000
[[route]]
key = "own"
type = "sendAllMatch"
regex = "mtype_is_counter"
destinations = ["${sink.addr}"]
`,
  );
  await sink.until('self-metrics', () =>
    sink.kept.some((line) =>
      line.startsWith(
        'relays.service_is_sluice.instance_is_test.mtype_is_counter.unit_is_Metric.direction_is_in ',
      ),
    ),
  );
  assert.ok(sink.kept.every((line) => line.includes('mtype_is_counter')));
  const { exit, ledger } = await relay.terminate();
  assert.equal(exit.code, 0);
  assert.equal(ledger.received, 0);
  assert.ok(ledger.generated > 50, `${ledger.generated} lines`);
  assert.equal(ledger.generated, sink.lines + (ledger.dropped.unroutable ?? 0));
  assertConserved(ledger);
});
