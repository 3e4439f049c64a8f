import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadGood, loadText, problemsOf, ROUTE } from './load-text.ts';

test('COMPAT 0.3: keys and sections are known in any letter case', () => {
  const config = loadGood(`
LISTEN_ADDR = "127.0.0.1:1"
BlackList = ["prefix b"]
[Instrumentation]
GRAPHITE_ADDR = ""
[[Route]]
KEY = 'r'
Type = 'sendAllMatch'
notprefix = 'x'
DESTINATIONS = ['h:1']
[[ROUTE]]
key = 's'
type = 'sendFirstMatch'
destinations = ['h:2']
`);
  assert.equal(config.inputs.listenAddr, '127.0.0.1:1');
  assert.deepEqual(config.table.blocklist, [{ prefix: 'b' }]);
  assert.deepEqual(
    config.table.routes.map(({ key, type, matcher }) => ({ key, type, matcher })),
    [
      { key: 'r', type: 'sendAllMatch', matcher: { notPrefix: 'x' } },
      { key: 's', type: 'sendFirstMatch', matcher: {} },
    ],
  );
});

test('COMPAT 0.3: an unknown key is told once with the nearest right one and its exact place', () => {
  assert.deepEqual(problemsOf(`lisen_addr = ":1"\n  Plain_read_timout = "1m"\n${ROUTE}destnations = []\n`), [
    'unknown c.toml:2:1: unknown key "lisen_addr"; did you mean "listen_addr"?',
    'unknown c.toml:3:3: unknown key "Plain_read_timout"; did you mean "plain_read_timeout"?',
    'unknown c.toml:8:1: unknown key "destnations" in [[route]]; did you mean "destinations"?',
  ]);
});

test('a key in the wrong section is told where it belongs', () => {
  assert.deepEqual(problemsOf(`amqp_port = 1\n${ROUTE}[amqp]\nblocklist = []\n[aggregate]\nx = 1\n`), [
    'unknown c.toml:2:1: unknown key "amqp_port"; it belongs in [amqp]',
    'unknown c.toml:8:1: unknown key "blocklist" in [amqp]; it belongs at the top, before the first [section]',
    'unknown c.toml:9:1: unknown key "aggregate"; did you mean "aggregation"?',
  ]);
});

test('the same key twice, or twice but for letter case, is an error', () => {
  assert.deepEqual(problemsOf(`${ROUTE}KEY = 'x'`), [
    'error c.toml:6:1: "KEY" is the same key as "key" in line 3',
  ]);
  assert.match(problemsOf(`max_procs = 1\nmax_procs = 2`)[0] ?? '', /^error c\.toml:3:1: not valid TOML/);
});

test('COMPAT 0.6: with a config file an address that is absent or empty is off', () => {
  const config = loadGood(`listen_addr = ""\n${ROUTE}`);
  assert.deepEqual([config.inputs.listenAddr, config.httpAddr, config.adminAddr], ['', '', '']);
});

test('COMPAT 0.6: without a config file the relay listens on loopback and keeps metrics in a file', () => {
  const { config, problems } = loadText(undefined);
  assert.deepEqual(problems, []);
  assert.equal(config?.instance, 'web1');
  assert.equal(config?.inputs.listenAddr, '127.0.0.1:2003');
  assert.equal(config?.httpAddr, '127.0.0.1:8081');
  const [route] = config?.table.routes ?? [];
  assert.deepEqual([route?.key, route?.type], ['default', 'sendAllMatch']);
  const [destination] = route?.destinations ?? [];
  assert.deepEqual(destination?.address, { protocol: 'file', path: './data/metrics.log' });
  assert.ok(destination.rotateBytes > 0);
  assert.ok(destination.rotateMs > 0);
});

test('without a config file $GRAPHITE_ADDR is the destination, its port being 2003 unless given', () => {
  const addressOf = (graphiteAddr: string) =>
    loadText(undefined, { env: { GRAPHITE_ADDR: graphiteAddr } }).config?.table.routes[0]?.destinations[0]
      ?.addr;
  assert.equal(addressOf('graphite:2103'), 'graphite:2103');
  assert.equal(addressOf('graphite'), 'graphite:2003');
  assert.equal(addressOf('[::1]'), '[::1]:2003');
  const { config, problems } = loadText(undefined, { env: { GRAPHITE_ADDR: 'a"] x' } });
  assert.equal(config, undefined);
  assert.equal(problems[0]?.place.file, 'environment variable GRAPHITE_ADDR');
});

test('COMPAT 1: [instrumentation] says where self-metrics go, how often and under which names', () => {
  const section = (text: string): string => `${ROUTE}[instrumentation]\n${text}`;
  assert.deepEqual(loadGood(ROUTE).selfMetrics, {
    graphiteAddr: '',
    graphiteIntervalMs: 10_000,
    service: 'carbon-relay-ng',
    graphitePrefix: '',
    intoTable: false,
  });
  const text = 'graphite_addr = "g:2003"\ngraphite_interval = 0\nservice = "s"\ngraphite_prefix = "p."\n';
  assert.deepEqual(loadGood(section(`${text}into_table = true\n`)).selfMetrics, {
    graphiteAddr: 'g:2003',
    graphiteIntervalMs: 10_000,
    service: 's',
    graphitePrefix: 'p.',
    intoTable: true,
  });
  assert.equal(loadGood(section('graphite_interval = 5\n')).selfMetrics.graphiteIntervalMs, 1000);
  assert.match(problemsOf(section('graphite_addr = "nowhere"\n')).join(), /^error c\.toml:7:17: .*port/);
  assert.match(problemsOf(section('service = "a b"\n')).join(), /^error c\.toml:7:11: .*white space/);
});

test('COMPAT 0.7: HTTP on all addresses starts with one warning, on loopback without', () => {
  for (const address of ['0.0.0.0:8081', ':8081', '192.0.2.1:8081']) {
    assert.match(
      problemsOf(`http_addr = "${address}"\n${ROUTE}`).join('\n'),
      /^warning c\.toml:2:13: http_addr/,
    );
  }
  for (const address of ['127.0.0.1:8081', 'localhost:8081', '[::1]:8081']) {
    assert.deepEqual(problemsOf(`http_addr = "${address}"\n${ROUTE}`), []);
  }
});

test('an address that is none is an error at its place', () => {
  assert.match(problemsOf(`listen_addr = "2003"\n${ROUTE}`).join('\n'), /^error c\.toml:2:15: "listen_addr"/);
});

test('COMPAT 1: instance must be there and not empty', () => {
  const first = (text: string) => loadText(text).problems[0];
  assert.match(first('log_level = "info"')?.message ?? '', /^instance identifier cannot be empty/);
  assert.match(first('instance = ""')?.message ?? '', /^instance identifier cannot be empty/);
});

test('COMPAT 1: a dot in instance is warned of', () => {
  const { config, problems } = loadText(`instance = "a.b"\n${ROUTE}`);
  assert.equal(config?.instance, 'a.b');
  assert.match(problems[0]?.message ?? '', /dots in instance "a\.b"/);
});

test('COMPAT 1: log_level is taken in any case, warning and notice among them, and defaults to info', () => {
  assert.equal(loadGood(ROUTE).logLevel, 'info');
  assert.equal(loadGood(`log_level = "WARNING"\n${ROUTE}`).logLevel, 'warn');
  assert.equal(loadGood(`log_level = "notice"\n${ROUTE}`).logLevel, 'info');
  assert.equal(loadGood(`log_level = "panic"\n${ROUTE}`).logLevel, 'panic');
  assert.match(problemsOf(`log_level = "inof"\n${ROUTE}`)[0] ?? '', /c\.toml:2:13: .*did you mean "info"\?$/);
});

test('COMPAT 1: bad_metrics_max_age defaults to 24h', () => {
  assert.equal(loadGood(ROUTE).badMetricsMaxAgeMs, 86_400_000);
  assert.equal(loadGood(`bad_metrics_max_age = "1h30m"\n${ROUTE}`).badMetricsMaxAgeMs, 5_400_000);
});

test('COMPAT 1: read timeouts are Go durations, 0 without unit is taken and other bare numbers are not', () => {
  assert.equal(loadGood(ROUTE).inputs.plainReadTimeoutMs, 120_000);
  assert.equal(loadGood(`plain_read_timeout = "1m30s"\n${ROUTE}`).inputs.plainReadTimeoutMs, 90_000);
  assert.equal(loadGood(`plain_read_timeout = 0\n${ROUTE}`).inputs.plainReadTimeoutMs, 0);
  assert.equal(loadGood(`plain_read_timeout = "0s"\n${ROUTE}`).inputs.plainReadTimeoutMs, 0);
  assert.match(problemsOf(`plain_read_timeout = 5\n${ROUTE}`)[0] ?? '', /^error c\.toml:2:22/);
});

test('COMPAT 1: validation levels are exact words, and strict is none of metrics 2.0', () => {
  assert.deepEqual(loadGood(ROUTE).levels, { legacy: 'medium', m20: 'medium' });
  const both = 'validation_level_legacy = "strict"\nvalidation_level_m20 = "none"\n';
  assert.deepEqual(loadGood(`${both}${ROUTE}`).levels, { legacy: 'strict', m20: 'none' });
  assert.match(problemsOf(`validation_level_m20 = "strict"\n${ROUTE}`)[0] ?? '', /^error c\.toml:2:24/);
  assert.match(
    problemsOf(`validation_level_legacy = "Medium"\n${ROUTE}`)[0] ?? '',
    /did you mean "medium"\?/,
  );
});

test('values of the wrong form are errors at their place', () => {
  assert.deepEqual(problemsOf(`validate_order = "true"\nmax_procs = 1.5\nblocklist = ["a b", 1]\n${ROUTE}`), [
    'error c.toml:2:18: "validate_order" must be true or false, without quotes',
    'error c.toml:3:13: "max_procs" must be a whole number',
    'error c.toml:4:13: "blocklist" must be a list of strings',
  ]);
});

test('COMPAT 1: what is accepted without effect, or belongs to a later feature, is told once', () => {
  const text = `max_procs = 2\nfirst_only = true\nspool_dir = "spool"\n${ROUTE}[instrumentation]\ngraphite_addr = "localhost:2003"\ngraphite_interval = 1000\n`;
  const problems = problemsOf(text);
  assert.deepEqual(
    problems.map((problem) => /^warning c\.toml:\d+:\d+: "(\w+)"/.exec(problem)?.[1]),
    ['max_procs', 'first_only'],
  );
});

test('COMPAT 0.7: one warning for all that other machines reach without a token', () => {
  const open = 'admin_addr = "0.0.0.0:2004"\nhttp_addr = ":8081"\n';
  assert.deepEqual(problemsOf(`${open}${ROUTE}`), [
    'warning c.toml:2:14: admin_addr "0.0.0.0:2004" and http_addr ":8081" are open to other machines: reads are served to everyone, changes from there are refused until admin_token is set',
  ]);
  assert.match(
    problemsOf(`${open}admin_allow_remote_writes = true\n${ROUTE}`)[0] ?? '',
    /everyone, and changes too \(admin_allow_remote_writes\)$/,
  );
  assert.deepEqual(problemsOf(`${open}admin_token = "t"\n${ROUTE}`), []);
  assert.deepEqual(problemsOf(`admin_addr = "127.0.0.1:2004"\nhttp_addr = "localhost:8081"\n${ROUTE}`), []);
});

test('COMPAT 1: [amqp] is read, and enabling it is an error', () => {
  assert.deepEqual(problemsOf(`${ROUTE}[amqp]\namqp_enabled = false\namqp_port = 1\n`), []);
  assert.match(
    problemsOf(`${ROUTE}[amqp]\namqp_enabled = true\n`).join('\n'),
    /^error c\.toml:7:16: .*AMQP input/,
  );
});

test('flag stands above environment variable, that above the file, that above the default', () => {
  const text = 'plain_read_timeout = "1m"\n[instrumentation]\ngraphite_addr = "h:1"\n';
  const env = { SLUICE_PLAIN_READ_TIMEOUT: '2m', SLUICE_LISTEN_ADDR: '127.0.0.1:7', SLUICE_TCP_BACKLOG: '9' };
  const flags = { '--plain-read-timeout': ['3m'], '--tcp-backlog': ['8', '10'] };
  assert.equal(loadGood(text).inputs.plainReadTimeoutMs, 60_000);
  assert.equal(loadGood(text, { env }).inputs.plainReadTimeoutMs, 120_000);
  const config = loadGood(text, { env, flags });
  assert.equal(config.inputs.plainReadTimeoutMs, 180_000);
  assert.equal(config.inputs.listenAddr, '127.0.0.1:7');
  assert.equal(config.inputs.tcpBacklog, 10);
  assert.equal(config.inputs.udpReceiveBufferBytes, 8_388_608);
});

test('keys of sections have environment variables and flags too, and lists take several strings', () => {
  const env = { SLUICE_AMQP_ENABLED: 'true', SLUICE_BLOCKLIST: 'prefix a\nregex ^b c' };
  const problems = problemsOf(ROUTE, { env });
  assert.match(
    problems[0] ?? '',
    /^error environment variable SLUICE_AMQP_ENABLED: "amqp_enabled" cannot be used/,
  );
  const flags = { '--blocklist': ['sub x', 'notSub y'] };
  assert.deepEqual(loadGood(ROUTE, { flags }).table.blocklist, [{ sub: 'x' }, { notSub: 'y' }]);
  const { SLUICE_BLOCKLIST } = env;
  assert.deepEqual(loadGood(ROUTE, { env: { SLUICE_BLOCKLIST } }).table.blocklist, [
    { prefix: 'a' },
    { regex: '^b c' },
  ]);
});

test('a bad flag or environment variable is told by its name', () => {
  assert.deepEqual(
    problemsOf(ROUTE, { env: { SLUICE_VALIDATE_ORDER: 'yes' }, flags: { '--tcp-backlog': ['0'] } }),
    [
      'error --tcp-backlog: must be at least 1',
      'error environment variable SLUICE_VALIDATE_ORDER: must be true or false, without quotes',
    ],
  );
});

test('text that is no TOML is one error at its place, with Windows line ends, a BOM and variables before it too', () => {
  const { problems } = loadText('\ufeffinstance = "$HOST"\r\nlog_level = "😀${HOST}" "\r\n');
  assert.equal(problems.length, 1);
  assert.deepEqual(problems[0]?.place, { file: 'c.toml', line: 2, column: 25 });
});

test('places count in the file of the user, whatever the variables before them became', () => {
  const problems = problemsOf(`${ROUTE}prefix = "\${HOST}\${HOST}" # $HOST\nsub = "$HOST" ; x`, {
    hostName: 'a-host-name-much-longer-than-the-variable-that-stands-for-it',
  });
  assert.match(problems[0] ?? '', /^error c\.toml:7:15: not valid TOML/);
});

test('COMPAT 0.5: ${1} in a config is told with its place, in a comment it is not', () => {
  const problems = problemsOf(`[[rewriter]]\nold = '/a(.)/' # \${1}\nnew = 'x\${1}y'\nmax = -1\n${ROUTE}`);
  assert.equal(problems.length, 1);
  assert.match(problems[0] ?? '', /^warning c\.toml:4:9: "\$\{1\}" stays as it is/);
});

test('thousands of brackets are an error, not a crash', () => {
  for (const depth of [3_000, 5_000, 8_000, 50_000]) {
    const [problem] = problemsOf(`a = ${'['.repeat(depth)}${']'.repeat(depth)}`);
    assert.match(problem ?? '', /nested too deeply|unknown key/);
  }
});

test('a config without routes is warned of', () => {
  assert.match(problemsOf('')[0] ?? '', /^warning c\.toml:1:1: no route/);
});

test('a misspelt environment variable is one warning with the nearest right one, and stops nothing', () => {
  const env = { SLUICE_LISEN_ADDR: ':1', SLUICE_TCP_BACKLOG: '9', sluice_http_addr: ':2', OTHER: 'x' };
  assert.deepEqual(problemsOf(ROUTE, { env }), [
    'warning environment variable SLUICE_LISEN_ADDR: is no option of Sluice and has no effect; did you mean SLUICE_LISTEN_ADDR?',
    'warning environment variable sluice_http_addr: is no option of Sluice and has no effect; did you mean SLUICE_HTTP_ADDR?',
  ]);
  assert.equal(loadGood(ROUTE, { env }).inputs.tcpBacklog, 9);
});
