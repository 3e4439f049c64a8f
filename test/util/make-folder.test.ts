// Folders that are there, that are not, and that cannot be made.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolder } from '../../src/util/make-folder.ts';

test('folders are made with all above them, also by two at once', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'sluice-folder-'));
  t.after(() => rmSync(root, { recursive: true }));
  const path = join(root, 'a', 'b', 'c');
  await Promise.all([makeFolder(path), makeFolder(path), makeFolder(join(root, 'a', 'd'), 0o700)]);
  assert.ok(statSync(path).isDirectory());
  assert.equal(statSync(join(root, 'a', 'd')).mode & 0o777, 0o700);
  await makeFolder(path);
});

test('a file in the way is an error', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'sluice-folder-'));
  t.after(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, 'f'), '');
  await assert.rejects(makeFolder(join(root, 'f')), { code: 'ENOTDIR' });
  await assert.rejects(makeFolder(join(root, 'f', 'g')), { code: 'ENOTDIR' });
});

test('a place that refuses children is an error, not a wait without end', { timeout: 10_000 }, async () => {
  await assert.rejects(makeFolder('/proc/none/below'), { code: 'ENOENT' });
});
