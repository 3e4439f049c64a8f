// How much slower is re2js than our automata, one regex at a time, on keys of which a part match?
// `bin/node bench/micro/re2js.ts`
import { RE2JS } from 're2js';
import { KeyText } from '../../src/table/key-text.ts';
import { DfaBudget } from '../../src/table/regex/dfa-budget.ts';
import { Pattern } from '../../src/table/regex/pattern.ts';
import { sideBySide } from '../side-by-side.ts';

const KEYS = 20_000;
const keys = Array.from({ length: KEYS }, (_, i) => `servers.web${i % 997}.cpu.${i % 64}.user.percent.s${i}`);
const texts = keys.map((key) => KeyText.fromByteString(key));

for (const source of [
  '^servers\\.web[0-9]+\\.cpu\\.1',
  '.*\\.cpu\\.(1|2|3)[0-9]?\\..*percent',
  'web12[0-9]\\.',
]) {
  const pattern = new Pattern(source, new DfaBudget(16 << 20));
  const re2 = RE2JS.compile(source);
  sideBySide(`${source}, a key`, KEYS, {
    ours: () => texts.filter((text) => pattern.matches(text)).length,
    re2js: () => keys.filter((key) => re2.matcher(key).find()).length,
  });
}
