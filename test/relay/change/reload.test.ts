import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config } from '../../../src/config/config.ts';
import { type FreshConfig, Reload } from '../../../src/relay/change/reload.ts';
import { TableControl } from '../../../src/relay/change/table-control.ts';
import type { TableOptions } from '../../../src/table/options.ts';
import { TableError } from '../../../src/table/table-error.ts';
import { loadGood, ROUTE } from '../../config/load-text.ts';
import { RecordingLog } from '../../input/recording-log.ts';

function fresh(config: Config | undefined, problems: readonly string[] = []): FreshConfig {
  return { config, problems, warnings: [] };
}

/** A relay that runs `text`; `next` is what the file holds now. A route "bad" does not compile. */
function rig(text: string) {
  const log = new RecordingLog();
  const state = {
    running: loadGood(text),
    ending: false,
    taken: [] as Config[],
    next: fresh(undefined),
    reads: 0,
    written: Promise.resolve(),
  };
  const inForce: TableOptions[] = [];
  const check = (table: TableOptions): void => {
    if (table.routes.some(({ key }) => key === 'bad')) throw new TableError('route "bad"', 'is bad');
  };
  const apply = (table: TableOptions): void => {
    check(table);
    inForce.push(table);
  };
  const control = new TableControl(state.running.table, { apply, check, clock: { wallMs: () => 0 }, log });
  control.start();
  let prepared = async (): Promise<void> => {};
  const reload = new Reload({
    read: async () => {
      state.reads += 1;
      return state.next;
    },
    written: () => state.written,
    control,
    running: () => state.running,
    prepare: () => prepared(),
    takeUp: (config) => {
      state.running = config;
      state.taken.push(config);
    },
    isEnding: () => state.ending,
    nextTurn: async () => {},
    log,
  });
  const write = (now: string): void => void (state.next = fresh(loadGood(now)));
  const cannotPrepare = (message: string): void => void (prepared = () => Promise.reject(new Error(message)));
  return { log, state, inForce, control, reload, write, cannotPrepare };
}

test('the new table is in force, the difference is told, and it can be undone', async () => {
  const { reload, write, inForce, control, log, state } = rig(ROUTE);
  const before = control.table;
  write(`${ROUTE}[[rewriter]]\nold = 'a'\nnew = 'b'\nmax = -1\n`);
  const answer = await reload.run('SIGHUP', false);
  assert.deepEqual(answer, {
    ok: true,
    diff: ['+ rewriter 1 "a" -> "b" max -1', '= 1 route, 1 destination kept'],
    warnings: [],
  });
  assert.equal(inForce.at(-1), control.table);
  assert.equal(control.table.rewriters.length, 1);
  assert.equal(state.running.table, control.table);
  assert.ok(log.lines.some((line) => line.includes('reload: + rewriter 1 "a" -> "b" max -1')));
  assert.deepEqual(control.undo('test'), { ok: true });
  assert.equal(control.table, before);
});

test('a dry run tells the same and changes nothing', async () => {
  const { reload, write, inForce, state } = rig(ROUTE);
  write(`log_level = 'debug'\n${ROUTE.replace(':1', ':2')}`);
  const answer = await reload.run('http', true);
  assert.deepEqual(answer.ok && answer.diff, [
    '~ log_level "info" -> "debug"',
    '- destination 127.0.0.1:1 of route r',
    '+ destination 127.0.0.1:2 of route r',
    '= 1 route kept',
  ]);
  assert.equal(inForce.length, 1);
  assert.deepEqual(state.taken, []);
  write(ROUTE.replace("'r'", "'bad'"));
  assert.deepEqual(await reload.run('http', true), { ok: false, problems: ['route "bad": is bad'] });
});

test('what cannot be read, made or compiled is refused whole, with a line for each problem', async () => {
  const { reload, write, inForce, state, log, control, cannotPrepare } = rig(ROUTE);
  const before = control.table;
  state.next = fresh(undefined, ['c.toml:1:1: one', 'c.toml:2:2: two']);
  assert.deepEqual(await reload.run('SIGHUP', false), {
    ok: false,
    problems: ['c.toml:1:1: one', 'c.toml:2:2: two'],
  });
  assert.deepEqual(
    log.lines.filter((line) => line.includes('refused')).map((line) => line.replace(/^\w+: /, '')),
    [
      'reload refused, nothing was changed: c.toml:1:1: one',
      'reload refused, nothing was changed: c.toml:2:2: two',
    ],
  );
  write(`log_level = 'debug'\n${ROUTE.replace("'r'", "'bad'")}`);
  assert.deepEqual(await reload.run('SIGHUP', false), { ok: false, problems: ['route "bad": is bad'] });
  write(`${ROUTE}regex = 'x'`);
  state.ending = true;
  assert.deepEqual(await reload.run('SIGHUP', false), { ok: false, problems: ['the relay is ending'] });
  cannotPrepare('no such folder');
  assert.deepEqual(await reload.run('SIGHUP', false), { ok: false, problems: ['no such folder'] });
  assert.equal(control.table, before);
  assert.equal(inForce.length, 1);
  assert.deepEqual(state.taken, []);
});

test('keys that are live are taken up; the others are named, each time, until the restart', async () => {
  const { reload, write, state } = rig(ROUTE);
  write(
    `listen_addr = ':1'\nlog_level = 'debug'\nbad_metrics_max_age = '1h'\nshutdown_timeout = '5s'\n${ROUTE}`,
  );
  const first = await reload.run('SIGHUP', false);
  assert.deepEqual(first.ok && first.diff, [
    '~ log_level "info" -> "debug"',
    '~ shutdown_timeout 25000 -> 5000',
    '~ bad_metrics_max_age 86400000 -> 3600000',
    '! listen_addr changed: needs a restart',
    '= 1 route, 1 destination kept',
  ]);
  assert.equal(state.running.logLevel, 'debug');
  assert.equal(state.running.shutdownTimeoutMs, 5000);
  assert.equal(state.running.badMetricsMaxAgeMs, 3_600_000);
  assert.equal(state.running.inputs.listenAddr, '');
  const second = await reload.run('SIGHUP', false);
  assert.deepEqual(second.ok && second.diff, [
    '! listen_addr changed: needs a restart',
    '= 1 route, 1 destination kept',
  ]);
});

test('a config that is the same swaps no table and leaves nothing to undo', async () => {
  const { reload, write, inForce, control, log } = rig(ROUTE);
  write(ROUTE);
  assert.equal((await reload.run('SIGHUP', false)).ok, true);
  assert.equal(inForce.length, 1);
  assert.equal(control.undoSteps, 0);
  assert.ok(log.lines.some((line) => line.includes('reload: nothing changed')));
});

test('reloads run one after the other, and those that wait share one', async () => {
  const { reload, write, state } = rig(ROUTE);
  write(ROUTE);
  const all = Array.from({ length: 50 }, () => reload.run('SIGHUP', false));
  await Promise.all(all);
  assert.equal(state.reads, 1);
  const first = reload.run('SIGHUP', false);
  await Promise.resolve();
  const later = reload.run('SIGHUP', false);
  assert.notEqual(first, later);
  await later;
  assert.equal(state.reads, 3);
});

test('nothing is read before the changes of the running table have been written to the config', async () => {
  const { reload, write, state } = rig(ROUTE);
  write(ROUTE);
  const { promise, resolve } = Promise.withResolvers<void>();
  state.written = promise;
  const answer = reload.run('SIGHUP', false);
  await new Promise(setImmediate);
  assert.equal(state.reads, 0);
  resolve();
  assert.equal((await answer).ok, true);
  assert.equal(state.reads, 1);
});
