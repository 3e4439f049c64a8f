import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCommand } from './fake-world.ts';

const GOOD = `instance = "i"\n[[route]]\nkey = 'r'\ntype = 'sendAllMatch'\ndestinations = ['127.0.0.1:1']\n`;

test('check says ok and exits with 0', async () => {
  const { code, out, err } = await runCommand(['check', 'c.toml'], { 'c.toml': GOOD });
  assert.deepEqual({ code, out, err }, { code: 0, out: 'c.toml: ok\n', err: '' });
});

test('check prints warnings as such and exits with 0', async () => {
  const { code, out } = await runCommand(['check', 'c.toml'], { 'c.toml': `max_procs = 2\n${GOOD}` });
  assert.equal(code, 0);
  assert.equal(out, 'c.toml:1:13: warning: "max_procs" is accepted and has no effect\nc.toml: ok\n');
});

test('COMPAT 0.3: check exits with 1 for an unknown key, naming file, line, column and the nearest key', async () => {
  const { code, out } = await runCommand(['check', 'c.toml'], { 'c.toml': `lisen_addr = ":1"\n${GOOD}` });
  assert.equal(code, 1);
  assert.equal(out, 'c.toml:1:1: unknown key "lisen_addr"; did you mean "listen_addr"?\n');
});

test('COMPAT 0.3: run --strict refuses an unknown key', async () => {
  const files = { 'c.toml': `lisen_addr = ":1"\n${GOOD}` };
  const { code, out, err } = await runCommand(['--strict', '--config', 'c.toml'], files);
  assert.deepEqual([code, out], [1, '']);
  assert.equal(err, 'c.toml:1:1: unknown key "lisen_addr"; did you mean "listen_addr"?\n');
});

test('run prints the errors of a config, without its warnings, and exits with 1', async () => {
  const files = { 'c.toml': `max_procs = 2\ninstance = ""\n` };
  const { code, err } = await runCommand(['run', 'c.toml'], files);
  assert.deepEqual({ code, err }, { code: 1, err: 'c.toml:2:12: instance identifier cannot be empty\n' });
});

test('COMPAT 0.20: the config is also taken as the one positional argument', async () => {
  const { code, err } = await runCommand(['dir/carbon-relay-ng.conf'], { 'dir/carbon-relay-ng.conf': '=' });
  assert.equal(code, 1);
  assert.match(err, /^dir\/carbon-relay-ng\.conf:1:1: not valid TOML: .*\n$/);
});

test('COMPAT 0.20: the one-dash flags of carbon-relay-ng are taken, which is said once', async () => {
  const args = [
    '-enable-pprof',
    '-cpuprofile',
    'cpu.out',
    '-block-profile-rate=5',
    '-mem-profile-rate',
    '1',
    'version',
  ];
  const { code, out, err } = await runCommand(args);
  assert.equal(code, 0);
  assert.match(out, /^sluice \d/);
  assert.equal(err.split('\n').length, 2);
  assert.match(err, /-enable-pprof, -cpuprofile, -block-profile-rate, -mem-profile-rate: accepted/);
});

test('COMPAT 13: version prints the version and exits with 0', async () => {
  const { code, out } = await runCommand(['version']);
  assert.equal(code, 0);
  assert.match(out, /^sluice \d+\.\d+\.\d+ \(running on Node\.js .*\)\n$/);
});

test('a config that cannot be read is one clear line and exit code 1', async () => {
  for (const args of [
    ['check', 'none'],
    ['run', 'none'],
    ['--config', 'none'],
    ['explain', '--config', 'none', 'a 1 2'],
  ]) {
    const { code, err } = await runCommand(args);
    assert.deepEqual(
      { code, err },
      { code: 1, err: 'sluice: cannot read config "none": no such file\n' },
      args.join(' '),
    );
  }
});

test('a first word that is neither a command nor a file is told the nearest command, whatever its flags are', async () => {
  for (const [args, near] of [
    [['tial'], 'tail'],
    [['chek', 'c.toml', '--diff', 'd.toml'], 'check'],
    [['explian', '--config', 'c.toml'], 'explain'],
    [['hlep'], 'help'],
  ] as const) {
    assert.deepEqual(await runCommand(args), {
      code: 2,
      out: '',
      err: `sluice: there is neither a command nor a file "${args[0]}"; did you mean "sluice ${near}"?\n`,
    });
  }
  const { code, err } = await runCommand(['nothing-like-it']);
  assert.equal(code, 2);
  assert.match(err, /^sluice: there is neither .*"nothing-like-it"; "sluice --help" lists the commands\n$/);
});

test('help of a command that is not there, and a subcommand that is not there, name the nearest', async () => {
  for (const [args, err] of [
    [['help', 'tial'], 'sluice: there is no command "tial"; did you mean "sluice help tail"?\n'],
    [['spool', 'lss'], "sluice: unknown command 'lss' (Did you mean ls?)\n"],
    [['ring', 'shw'], "sluice: unknown command 'shw' (Did you mean show?)\n"],
  ] as const) {
    assert.deepEqual(await runCommand(args), { code: 2, out: '', err });
  }
  assert.equal((await runCommand(['help', 'tail'])).code, 0);
  const { code, err } = await runCommand(['spool']);
  assert.equal(code, 2);
  assert.match(err, /^Usage: sluice spool /);
});

test('COMPAT 0.20: a first word that is a file, or written like a path, is the config', async () => {
  const { code, err } = await runCommand(['tial'], { tial: '=' });
  assert.equal(code, 1);
  assert.match(err, /^tial:1:1: not valid TOML/);
  for (const word of ['tail.conf', './tial', 'etc/tial']) {
    assert.deepEqual(await runCommand([word]), {
      code: 1,
      out: '',
      err: `sluice: cannot read config "${word}": no such file\n`,
    });
  }
});

test('a command line that makes no sense is one line and exit code 2', async () => {
  for (const args of [
    ['--lisen-addr', 'x'],
    ['check'],
    ['run', 'a', 'b'],
    ['explain'],
    ['run', 'a', '--config', 'b'],
  ]) {
    const { code, err } = await runCommand(args, { a: GOOD, b: GOOD });
    assert.equal(code, 2, args.join(' '));
    assert.match(err, /^sluice: [^\n]+\n$/, args.join(' '));
  }
});

test('a misspelt flag is told the nearest one', async () => {
  assert.match((await runCommand(['--lisen-addr', 'x'])).err, /Did you mean --listen-addr\?/);
});

test('a flag stands above the config, and a bad one is told by its name', async () => {
  const { code, err } = await runCommand(['run', 'c.toml', '--listen-addr', '2003'], { 'c.toml': GOOD });
  assert.equal(code, 1);
  assert.match(err, /^--listen-addr: "listen_addr": address 2003: missing port/);
});

test('help names every command, the exit codes and, for run, a flag for each key', async () => {
  const main = await runCommand(['--help']);
  assert.equal(main.code, 0);
  for (const word of ['run ', 'check ', 'explain ', 'spool ', 'tail ', 'bench ', 'version ', 'Exit codes:'])
    assert.ok(main.out.includes(word), word);
  const run = await runCommand(['run', '--help']);
  for (const word of [
    '--config <file>',
    '--strict',
    '--listen-addr <string>',
    '--amqp-host',
    'Exit codes:',
  ]) {
    assert.ok(run.out.includes(word), word);
  }
});

/** Every command with its subcommands, as the helps list them. */
async function listCommands(parent: readonly string[] = []): Promise<string[][]> {
  const { out } = await runCommand([...parent, '--help']);
  const [, list = ''] = out.split(/^Commands:$/m);
  const names = [...list.split(/\n\n/, 1)[0]!.matchAll(/^  ([a-z][\w-]*)/gm)].map(([, name]) => name!);
  const below = names.filter((name) => name !== 'help').map((name) => [...parent, name]);
  return [...below, ...(await Promise.all(below.map(listCommands))).flat()];
}

test('the help of every command ends with the exit codes of that command', async () => {
  const commands = await listCommands();
  for (const words of ['run', 'tail', 'spool purge', 'ring diff', 'import carbon', 'version'])
    assert.ok(
      commands.some((command) => command.join(' ') === words),
      words,
    );
  for (const command of commands) {
    const { code, out } = await runCommand([...command, '--help']);
    assert.equal(code, 0);
    const [, codes, ...more] = out.split('\nExit codes:\n');
    assert.equal(more.length, 0, command.join(' '));
    assert.match(
      codes ?? '',
      /^  0  .*(\n  +\S.*)*\n  2  the command line makes no sense\n(  3  .*\n)?$/,
      command.join(' '),
    );
    assert.equal(codes?.includes('SIGTERM'), command[0] === 'run', command.join(' '));
  }
});

test('check --diff tells what a config would change for a relay that runs another', async () => {
  const files = {
    'old.toml': `listen_addr = ":1"\nlog_level = "info"\n${GOOD}`,
    'new.toml': `listen_addr = ":2"\nlog_level = "debug"\n${GOOD.replace(':1', ':1 flush=5')}`,
  };
  const { code, out } = await runCommand(['check', 'new.toml', '--diff', 'old.toml'], files);
  assert.equal(
    out,
    '~ log_level "info" -> "debug"\n' +
      '! listen_addr changed: needs a restart\n' +
      '~ destination 127.0.0.1:1 of route r: flush 1000 -> 5\n' +
      '= 1 route kept\n',
  );
  assert.equal(code, 0);
});

test('check --diff exits with 1 when one of the two is wrong', async () => {
  const files = { 'old.toml': 'what', 'new.toml': GOOD };
  const { code, out } = await runCommand(['check', 'new.toml', '--diff', 'old.toml'], files);
  assert.equal(code, 1);
  assert.match(out, /^old\.toml:1:5: not valid TOML/);
});
