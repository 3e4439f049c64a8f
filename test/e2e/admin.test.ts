// Every telnet command and HTTP path of carbon-relay-ng that concerns the table, tried on the real command through real
// sockets: after each the table over HTTP and the one of `view` are what the command says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TelnetClient } from '../admin/telnet/telnet-client.ts';
import { assertConserved } from '../assert-conserved.ts';
import { type RelayProcess, startRelay } from './relay-process.ts';
import { sendLines } from './send-lines.ts';
import { startSink, type TcpSink } from './tcp-sink.ts';

/** The parts of a table that commands change, in the words of this test. */
interface Model {
  rewriters: string[];
  blocklist: string[];
  aggregators: string[];
  /** `type key conditions > destination conditions > …`. */
  routes: string[];
}

interface Json {
  readonly [name: string]: never;
}

function conditions(matcher: Json): string {
  return Object.entries(matcher)
    .map(([name, value]) => ` ${name}=${String(value)}`)
    .join('');
}

/** The table as GET /table shows it. */
async function overHttp(relay: RelayProcess): Promise<Model> {
  const table = (await (await relay.get('/table')).json()) as Record<string, Json[]>;
  return {
    rewriters: table['rewriters']!.map((r) => `${r['old']} ${r['new']} ${r['max']}`),
    blocklist: table['blocklist']!.map((matcher) => conditions(matcher).trim()),
    aggregators: table['aggregators']!.map((a) => `${a['fun']}${conditions(a['Matcher']!)} ${a['OutFmt']}`),
    routes: table['routes']!.map((route) => {
      const destinations = (route['destination']! as Json[]).map(
        (one) => ` > ${one['address']}${conditions(one['matcher']!)}`,
      );
      return `${route['type']} ${route['key']}${conditions(route['matcher']!)}${destinations.join('')}`;
    }),
  };
}

/** The same out of `view`, by its columns. */
function fromView(text: string): Model {
  const blocks = new Map<string, string[]>();
  for (const block of text.split('\n## ').slice(1)) {
    const [title = '', ...lines] = block.split('\n');
    blocks.set(title, lines);
  }
  const rows = (title: string): Record<string, string>[] => {
    const [heading = '', , ...lines] = blocks.get(title) ?? [];
    return lines.filter((line) => line !== '' && line !== '--').map((line) => cells(heading, line));
  };
  const matcher = (row: Record<string, string>): string =>
    ['prefix', 'notPrefix', 'sub', 'notSub', 'regex', 'notRegex']
      .flatMap((name) => (row[name] === '' ? [] : [` ${name}=${row[name]}`]))
      .join('');
  const routes: string[] = [];
  const [heading = '', , ...lines] = blocks.get('Routes:') ?? [];
  let subheading = '';
  for (const line of lines) {
    if (line.startsWith('> ')) {
      const row = cells(heading, `  ${line.slice(2)}`);
      routes.push(`${row['type']} ${row['key']}${matcher(row)}`);
    } else if (line.startsWith('  prefix')) subheading = line;
    else if (line.startsWith('  ') && !line.startsWith('  -')) {
      const row = cells(subheading, line);
      routes.push(`${routes.pop()} > ${row['addr']}${matcher(row)}`);
    }
  }
  return {
    rewriters: rows('Rewriters:').map((row) => `${row['old']} ${row['new']} ${row['max']}`),
    blocklist: rows('Blocklist:').map((row) => matcher(row).trim()),
    aggregators: rows('Aggregations:').map((row) => `${row['func']}${matcher(row)} ${row['outFmt']}`),
    routes,
  };
}

/** Cuts a row where the words of its heading begin. */
function cells(heading: string, row: string): Record<string, string> {
  const starts = [...heading.matchAll(/\S+/g)];
  return Object.fromEntries(
    starts.map((start, index) => [
      start[0],
      row.slice(start.index, starts[index + 1]?.index ?? row.length).trim(),
    ]),
  );
}

class Bench {
  readonly relay: RelayProcess;
  readonly telnet: TelnetClient;
  readonly model: Model = { rewriters: [], blocklist: [], aggregators: [], routes: [] };

  constructor(relay: RelayProcess, telnet: TelnetClient) {
    this.relay = relay;
    this.telnet = telnet;
  }

  /** Gives a telnet command; `change` says what it does to the table. */
  async say(command: string, change: (model: Model) => void, answer = 'ok\n'): Promise<void> {
    assert.equal(await this.telnet.ask(command), answer, command);
    change(this.model);
    await this.#compare(command);
  }

  /** Sends a request; likewise. */
  async send(
    request: string,
    change: (model: Model) => void,
    { body, status = 200 }: { readonly body?: unknown; readonly status?: number } = {},
  ): Promise<void> {
    const [method = '', path = ''] = request.split(' ');
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const response = await fetch(`http://127.0.0.1:${this.relay.httpPort}${path}`, init);
    const text = await response.text();
    assert.equal(response.status, status, `${request}: ${text}`);
    change(this.model);
    await this.#compare(request);
  }

  async #compare(what: string): Promise<void> {
    assert.deepEqual(await overHttp(this.relay), this.model, what);
    assert.deepEqual(fromView(await this.telnet.ask('view')), this.model, what);
  }
}

const NOTHING = (): void => {};

async function start(
  t: Parameters<typeof startRelay>[0],
): Promise<{ bench: Bench; sink: TcpSink; other: TcpSink }> {
  const [sink, other] = [await startSink(t, { keep: true }), await startSink(t, { keep: true })];
  const relay = await startRelay(t, 'admin_addr = "127.0.0.1:0"\nspool_dir = "spool"\n');
  return { bench: new Bench(relay, await TelnetClient.open(relay.telnetPort, t)), sink, other };
}

test('COMPAT 4: after each telnet command for rules the tables are what it says', async (t) => {
  const { bench } = await start(t);
  await bench.say('addBlock prefix old.', ({ blocklist }) => blocklist.push('prefix=old.'));
  await bench.say('addBlack notRegex ^[a-z]', ({ blocklist }) => blocklist.push('notRegex=^[a-z]'));
  await bench.say('delBlock 1', ({ blocklist }) => blocklist.pop());
  await bench.say('addRewriter x y 1', ({ rewriters }) => rewriters.push('x y 1'));
  await bench.say('addRewriter /^q(.)/ ${1} -1', ({ rewriters }) => rewriters.push('/^q(.)/ ${1} -1'));
  await bench.say('delRewriter 0', ({ rewriters }) => rewriters.shift());
  await bench.say('addAgg sum regex=^s\\.(.*) t.$1 10 20 dropRaw=true', ({ aggregators }) =>
    aggregators.push('sum regex=^s\\.(.*) t.$1'),
  );
  await bench.say('addAgg max ^u v 10 20', ({ aggregators }) => aggregators.push('max regex=^u v'));
  await bench.say('delAgg 0', ({ aggregators }) => aggregators.shift());
});

test('COMPAT 4: after each telnet command for routes the tables are what it says, and lines go by it', async (t) => {
  const { bench, sink, other } = await start(t);
  const [a, b] = [sink.addr, other.addr];
  await bench.say('addBlock prefix old.', ({ blocklist }) => blocklist.push('prefix=old.'));
  await bench.say(`addRoute sendAllMatch all prefix=m.  ${a} spool=true  ${b} sub=b`, ({ routes }) =>
    routes.push(`sendAllMatch all prefix=m. > ${a} > ${b} sub=b`),
  );
  await bench.say(`addRoute sendFirstMatch first  ${a}`, ({ routes }) =>
    routes.push(`sendFirstMatch first > ${a}`),
  );
  for (const type of [
    'consistentHashing',
    'consistentHashing-v2',
    'carbon_ch',
    'jump_fnv1a_ch',
    'failover',
  ]) {
    const [x, y] = [`${a}:x`, `${b}:y`];
    await bench.say(`addRoute ${type} k  ${x}  ${y}`, ({ routes }) => routes.push(`${type} k > ${x} > ${y}`));
    await bench.say('delRoute k', ({ routes }) => routes.pop());
  }
  await bench.say('modRoute all prefix= sub=m.', ({ routes }) => {
    routes[0] = `sendAllMatch all sub=m. > ${a} > ${b} sub=b`;
  });
  await bench.say('modDest all 1 sub= regex=b$ flush=100', ({ routes }) => {
    routes[0] = `sendAllMatch all sub=m. > ${a} > ${b} regex=b$`;
  });
  await bench.say(`addDest first ${b} prefix=z`, ({ routes }) => {
    routes[1] = `sendFirstMatch first > ${a} > ${b} prefix=z`;
  });
  await bench.say('delDest first 0', ({ routes }) => {
    routes[1] = `sendFirstMatch first > ${b} prefix=z`;
  });
  await bench.say(`modDest first 0 addr=${a}`, ({ routes }) => {
    routes[1] = `sendFirstMatch first > ${a} prefix=z`;
  });
  await bench.say('delRoute none', NOTHING);
  await bench.say('delRoute first', ({ routes }) => routes.pop());
  await bench.say('undo', ({ routes }) => routes.push(`sendFirstMatch first > ${a} prefix=z`));
  await bench.say('delDest first 9', NOTHING, 'Invalid index 9\n');
  await bench.say('modRoute none prefix=a', NOTHING, 'Invalid route for none\n');
  await bench.say(
    'addRoute grafanaNet g  a b c',
    NOTHING,
    'route type "grafanaNet" is not built yet: nothing was changed\n',
  );
  await sendLines(t, bench.relay.port, ['m.a 1 1700000000', 'm.b 2 1700000000', 'old.m 3 1700000000']);
  await sink.untilLines(2);
  await other.untilLines(1);
  const { ledger } = await bench.relay.terminate();
  assertConserved(ledger);
  assert.deepEqual(
    [sink.kept.toSorted(), other.kept],
    [['m.a 1 1700000000', 'm.b 2 1700000000'], ['m.b 2 1700000000']],
  );
  assert.deepEqual(ledger.dropped, { blocklisted: 1 });
});

test('COMPAT 10: after each HTTP request the tables are what it says', async (t) => {
  const { bench, sink, other } = await start(t);
  const [a, b] = [sink.addr, other.addr];
  const post = (path: string, body: unknown, change: (model: Model) => void) =>
    bench.send(`POST ${path}`, change, { body });
  await post('/rewriters', { Old: 'x', New: 'y', Max: 1 }, ({ rewriters }) => rewriters.push('x y 1'));
  await post('/rewriters', { old: 'z', new: '', max: -1 }, ({ rewriters }) => rewriters.push('z  -1'));
  await post('/blocklists', { prefix: 'old.' }, ({ blocklist }) => blocklist.push('prefix=old.'));
  await post('/blocklists', { sub: 'c', notSub: 'd' }, ({ blocklist }) => blocklist.push('sub=c notSub=d'));
  const rule = {
    Fun: 'sum',
    OutFmt: 't.$1',
    Interval: 10,
    Wait: 20,
    DropRaw: true,
    Cache: true,
    regex: '^s\\.(.*)',
  };
  await post('/aggregators', rule, ({ aggregators }) => aggregators.push('sum regex=^s\\.(.*) t.$1'));
  const all = { Key: 'all', Type: 'sendAllMatch', Prefix: 'm.', Address: a, Spool: true, ConnBufSize: 0 };
  await post('/routes', all, ({ routes }) => routes.push(`sendAllMatch all prefix=m. > ${a}`));
  const first = { Key: 'f', Type: 'sendFirstMatch', Destinations: [`${b} sub=q`, `${a} prefix=z`] };
  await post('/routes', first, ({ routes }) => routes.push(`sendFirstMatch f > ${b} sub=q > ${a} prefix=z`));
  await bench.send('DELETE /routes/f/destinations/0', ({ routes }) => {
    routes[1] = `sendFirstMatch f > ${a} prefix=z`;
  });
  await bench.send('DELETE /routes/f/destinations/x', NOTHING, { status: 400 });
  await bench.send('DELETE /routes/f/destinations/7', NOTHING, { status: 404 });
  await bench.send('DELETE /routes/f', ({ routes }) => routes.pop());
  await bench.send('DELETE /routes/f', NOTHING);
  await bench.send('POST /api/changes/undo', ({ routes }) => routes.push(`sendFirstMatch f > ${a} prefix=z`));
  await post('/api/table/commands', { Command: 'modRoute f sub=s' }, ({ routes }) => {
    routes[1] = `sendFirstMatch f sub=s > ${a} prefix=z`;
  });
  for (const path of ['rewriters', 'blocklists', 'aggregators']) {
    await bench.send(`DELETE /${path}/x`, NOTHING, { status: 400 });
    await bench.send(`DELETE /${path}/7`, NOTHING, { status: 404 });
    await bench.send(`DELETE /${path}/0`, (model) => model[path.replace(/ts$/, 't') as keyof Model].shift());
  }
  for (const [path, key] of [
    ['/config', 'Listen_addr'],
    ['/routes/all', 'key'],
    ['/api/openapi.json', 'openapi'],
  ] as const) {
    assert.ok(key in ((await (await bench.relay.get(path)).json()) as object), path);
  }
  assert.equal(((await (await bench.relay.get('/routes')).json()) as unknown[]).length, 2);
  assert.deepEqual(await (await bench.relay.get('/badMetrics/1h.json')).json(), []);
  await sendLines(t, bench.relay.port, ['m.a 1 1700000000']);
  await sink.untilLines(1);
  const { ledger } = await bench.relay.terminate();
  assertConserved(ledger);
});

test('the token opens the config files, and stands in no other answer and in no log line', async (t) => {
  const relay = await startRelay(
    t,
    'admin_addr = "127.0.0.1:0"\nadmin_token = "geheim"\nspool_dir = "spool"\n',
  );
  const get = (path: string, authorization?: string) =>
    fetch(
      `http://127.0.0.1:${relay.httpPort}${path}`,
      authorization === undefined ? {} : { headers: { authorization } },
    );
  assert.equal((await get('/api/config/files')).status, 401);
  const files = await get('/api/config/files', 'Bearer geheim');
  assert.match(await files.text(), /admin_token = \\"geheim\\"/);
  const telnet = await TelnetClient.open(relay.telnetPort, t);
  assert.equal(await telnet.ask('auth geheim'), 'ok\n');
  const reads = [
    '/config',
    '/table',
    '/routes',
    '/metrics',
    '/api/changes',
    '/api/ledger',
    '/api/openapi.json',
  ];
  for (const path of reads) assert.ok(!(await (await get(path)).text()).includes('geheim'), path);
  assert.ok(!(await telnet.ask('view')).includes('geheim'));
  await relay.terminate();
  assert.ok(!(relay.stderr + relay.stdout).includes('geheim'));
});
