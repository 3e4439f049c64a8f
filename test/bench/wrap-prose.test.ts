import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wrapProse } from '../../tools/performance/wrap-prose.ts';

test('paragraphs and list items are broken at spaces, within 128 columns, without a change of what they say', () => {
  const long = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ');
  for (const [text, indent] of [
    [long, ''],
    [`- ${long}`, '  '],
  ] as const) {
    const lines = wrapProse(text).split('\n');
    assert.ok(lines.length > 2);
    for (const line of lines) assert.ok(line.length <= 128, line);
    for (const line of lines.slice(1)) assert.match(line, new RegExp(`^${indent}word`));
    assert.equal(lines.map((line) => line.trim()).join(' '), text);
  }
});

test('no line begins with what Markdown takes for a list, and code and links stay whole', () => {
  const code = `\`${'a b '.repeat(20)}\``;
  const link = `[${'a b '.repeat(10)}](there)`;
  const lines = wrapProse(`${'x'.repeat(122)} y - ${code} ${link}. ${'z '.repeat(60)}`).split('\n');
  for (const line of lines) assert.doesNotMatch(line, /^[-+*#>]/);
  assert.ok(lines.some((line) => line.includes(code)));
  assert.ok(lines.some((line) => line.includes(link)));
});

test('tables, headings, pictures and code stay as they are', () => {
  const long = 'x y '.repeat(60);
  const page = [`| ${long} |`, `# ${long}`, `![${long}](there)`, `    ${long}`, 'short'].join('\n');
  assert.equal(wrapProse(page), page);
});
