import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadGood, ROUTE } from './load-text.ts';

test('COMPAT 10: the config is shown with the field names of Go, and zero for what was not written', () => {
  const { shown } = loadGood(
    `log_level = "warn"\nblacklist = ["prefix a"]\nbad_metrics_max_age = "24h"\n${ROUTE}prefix = 'p'\n[[rewriter]]\nold = 'a'\nmax = -1\n`,
  );
  const { Amqp, Route, Rewriter, Instrumentation, Init, ...top } = shown;
  const expected = {
    Instance: 'i',
    Log_level: 'warn',
    Listen_addr: '',
    Plain_read_timeout: { Duration: 120_000_000_000 },
    Pickle_read_timeout: { Duration: 120_000_000_000 },
    Validation_level_legacy: 'MediumLegacy',
    Validation_level_m20: 'MediumM20',
    Validate_order: false,
    Max_procs: 0,
    Bad_metrics_max_age: '86400s',
    BlackList: null,
    BlockList: ['prefix a'],
    Admin_token: '',
  };
  for (const [name, value] of Object.entries(expected)) assert.deepEqual(top[name], value, name);
  const [route] = Route as readonly Record<string, unknown>[];
  assert.deepEqual(
    [
      route?.['Key'],
      route?.['Type'],
      route?.['Prefix'],
      route?.['Destinations'],
      route?.['ApiKey'],
      route?.['SASLPassword'],
    ],
    ['r', 'sendAllMatch', 'p', ['127.0.0.1:1'], '', ''],
  );
  assert.partialDeepStrictEqual(Rewriter, [{ Old: 'a', New: '', Not: '', Max: -1 }]);
  assert.equal((Amqp as Record<string, unknown>)['Amqp_host'], '');
  assert.deepEqual(Init, { Cmds: null });
  assert.deepEqual(Instrumentation, {
    Graphite_addr: '',
    Graphite_interval: 0,
    Service: '',
    Graphite_prefix: '',
    Into_table: false,
  });
});

test('no secret is shown', () => {
  const { shown } = loadGood(
    `admin_token = "geheim"\n[amqp]\namqp_password = "geheim"\n${ROUTE}apiKey = 'geheim'\nsaslPassword = "geheim"\n`,
  );
  const text = JSON.stringify(shown);
  assert.ok(!text.includes('geheim'), text);
  assert.equal(text.split('"***"').length - 1, 4);
});
