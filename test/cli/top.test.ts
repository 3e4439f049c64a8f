// `sluice top`: one plain page, and a page that renews itself and obeys keys.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { HttpBench } from '../admin/http/http-bench.ts';
import { makeFacts } from '../telemetry/tune/tune-rig.ts';
import { renderTop } from '../../src/cli/top/render-top.ts';
import { runCommand } from './fake-world.ts';

async function startBench(t: TestContext): Promise<HttpBench> {
  const bench = await new HttpBench().start(t);
  const long = 'a_destination_with_a_very_long_name_'.repeat(4);
  bench.view.trafficMeters.add({ input: 'plain', protocol: 'tcp', addr: `${long}:2003` })(
    2_000_000_000,
    1e12,
  );
  bench.tuneFacts = {
    ...bench.tuneFacts,
    instance: long,
    traffic: bench.view.traffic(),
    destinations: [
      makeFacts({ key: `${long}1`, flow: { inPerSec10: 5 }, dropped: { slow_conn: 1e12 } }),
      makeFacts({ key: 'b_2', flow: { inPerSec10: 1e9 }, online: false, spool: null }),
      makeFacts({ key: 'c_3', route: 'other', flow: { inPerSec10: 70 }, queue: { lines: 123_456_789 } }),
    ],
  };
  return bench;
}

function orderOf(page: string): string[] {
  return page
    .replaceAll('\u001b[K', '')
    .split(/\r?\n/)
    .map((line) => /^(a_dest|b_2|c_3)/.exec(line)?.[0] ?? '')
    .filter((key) => key !== '');
}

test('without a terminal one plain page is printed, no wider than 80 columns', async (t) => {
  const bench = await startBench(t);
  const { code, out, err } = await runCommand(['top', '--url', bench.url]);
  assert.equal(code, 0, err);
  assert.ok(!out.includes('\u001b'));
  for (const line of out.split('\n')) assert.ok(line.length <= 80, `${line.length}: ${line}`);
  assert.deepEqual(orderOf(out), ['b_2', 'c_3', 'a_dest']);
  assert.match(out, /b_2 +away /);
  assert.match(out, /^ROUTE +ONLINE/m);
  const times = await runCommand(['top', '--url', bench.url, '--times']);
  assert.match(times.out, /^DESTINATION .*MAX +STALL/m);
  for (const line of times.out.split('\n')) assert.ok(line.length <= 80, `${line.length}: ${line}`);
  const byDrops = await runCommand(['top', '--url', bench.url, '--sort', 'd']);
  assert.equal(orderOf(byDrops.out)[0], 'a_dest');
});

test('a route has the sums of its destinations, and where rows are bounded the busiest routes are shown', () => {
  const view = { sort: 'n', isPaused: false, showsTimes: false, rows: 3, hasKeys: false } as const;
  const facts = {
    version: '1',
    instance: 'a',
    uptimeSec: 1,
    cpuSec: 1,
    traffic: new HttpBench().view.traffic(),
    destinations: [
      makeFacts({ key: 'a_1', route: 'two', flow: { inPerSec10: 20 }, queue: { lines: 7 } }),
      makeFacts({
        key: 'a_2',
        route: 'two',
        flow: { inPerSec10: 30 },
        dropped: { slow_conn: 4 },
        online: false,
      }),
      ...Array.from({ length: 7 }, (_, n) => makeFacts({ route: `idle${n}`, flow: { inPerSec10: 0 } })),
    ],
  };
  const page = renderTop(facts, view);
  assert.match(page, /^two +1 of 2 +50 +2,000 +7 +0 +4$/m);
  assert.match(page, /^… and 2 more$/m);
});

test('on a terminal keys sort, pause and end, and the terminal is given back', async (t) => {
  const bench = await startBench(t);
  const pages: string[] = [];
  let press: (key: string) => void = () => undefined;
  let isGivenBack = false;
  const keys = ['q', 'n', 't', ' ', 'x'];
  const terminal = {
    rows: () => 40,
    onKeys: (pressed: (key: string) => void) => {
      press = pressed;
      return () => void (isGivenBack = true);
    },
  };
  const print = (text: string): void => {
    if (!text.startsWith('\u001b[H')) return;
    pages.push(text);
    setImmediate(() => press(keys.shift() ?? 'x'));
  };
  const { code, err } = await runCommand(['top', '--url', bench.url, '--interval', '600'], {}, '', {
    terminal,
    print,
  });
  assert.equal(code, 0, err);
  const firsts = pages.map((page) => orderOf(page)[0]);
  assert.deepEqual(firsts.slice(0, 3), ['b_2', 'c_3', 'a_dest']);
  assert.match(pages[3] ?? '', /STALL/);
  assert.match(pages[4] ?? '', /PAUSED/);
  assert.ok(isGivenBack);
});

test('flags that make no sense are one line', async () => {
  for (const flags of [
    ['--interval', '0'],
    ['--interval', 'x'],
    ['--sort', 'z'],
  ]) {
    const { code, err } = await runCommand(['top', ...flags]);
    assert.equal(code, 2);
    assert.match(err, /^sluice: --\w+ ".": not .*\n$/);
  }
});
