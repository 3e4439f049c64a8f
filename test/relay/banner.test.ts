import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderBanner } from '../../src/relay/banner.ts';

const HTTP = { addr: '127.0.0.1:0', port: 8081 };

test('the banner names the addresses that are listened on, and a command line that reaches them', () => {
  const banner = renderBanner({ plain: { addr: '[::1]:2003', port: 2003 }, http: HTTP, goes: 'there' });
  assert.equal(
    banner,
    `
  sluice listens on  [::1]:2003 (tcp and udp), http://127.0.0.1:8081
  metrics go to      there
  send one with      echo "hello.world 1 $(date +%s)" > /dev/udp/::1/2003
                     or: echo "hello.world 1 $(date +%s)" | nc -N ::1 2003
  see the books at   curl http://127.0.0.1:8081/api/ledger

`,
  );
});

test('all interfaces are reached by loopback', () => {
  const banner = renderBanner({ plain: { addr: ':2003', port: 2003 }, http: HTTP, goes: 'there' });
  assert.match(banner, /listens on {2}127\.0\.0\.1:2003 /);
});

test('a listener that is not there is not mentioned', () => {
  const banner = renderBanner({ plain: undefined, http: undefined, goes: 'there' });
  assert.equal(banner, '\n  sluice listens on  no address\n  metrics go to      there\n\n');
});
