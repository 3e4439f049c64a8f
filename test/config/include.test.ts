import assert from 'node:assert/strict';
import { join, matchesGlob } from 'node:path';
import { test } from 'node:test';
import { loadConfig, type LoadedConfig } from '../../src/config/load-config.ts';
import { renderProblem } from '../../src/config/problem.ts';
import { parseDestination } from '../../src/destination/parse-destination.ts';

function route(key: string): string {
  return `[[route]]\nkey = '${key}'\ntype = 'sendAllMatch'\ndestinations = ['127.0.0.1:1']\n`;
}

/** Loads `etc/c.toml` of the files given. */
function load(
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): LoadedConfig {
  return loadConfig(
    {
      file: { file: 'etc/c.toml', text: files['etc/c.toml'] ?? '' },
      env,
      flags: new Map(),
      hostName: 'h',
      includes: {
        list: (pattern, folder) =>
          Object.keys(files)
            .filter((path) => matchesGlob(path, join(folder, pattern)))
            .sort(),
        readText(file) {
          const text = files[file];
          if (text === undefined || text === 'unreadable') throw new Error('permission denied');
          return text;
        },
      },
    },
    { parseDestination },
  );
}

function problems(files: Readonly<Record<string, string>>): string[] {
  return load(files).problems.map((problem) => `${problem.kind} ${renderProblem(problem)}`);
}

const HEAD = 'instance = "i"\ninclude = ["conf.d/*.toml"]\n';

test('rules of included files follow those of the file that includes them, in the order of the names', () => {
  const { config, problems: found } = load({
    'etc/c.toml': `${HEAD}blocklist = ["prefix main."]\n${route('main')}[init]\ncmds = ["addBlock prefix init-main."]`,
    'etc/conf.d/b.toml': `${route('b')}[[rewriter]]\nold = 'b'\nnew = 'c'\nmax = -1\n`,
    'etc/conf.d/a.toml': `blocklist = ["prefix a."]\n${route('a')}[init]\ncmds = ["addBlock prefix init-a."]`,
    'etc/conf.d/note.txt': 'not read',
  });
  assert.deepEqual(found, []);
  assert.deepEqual(config?.files, ['etc/c.toml', 'etc/conf.d/a.toml', 'etc/conf.d/b.toml']);
  assert.deepEqual(
    config.table.routes.map(({ key }) => key),
    ['main', 'a', 'b'],
  );
  assert.deepEqual(
    config.table.blocklist.map(({ prefix }) => prefix),
    ['init-main.', 'init-a.', 'main.', 'a.'],
  );
  assert.deepEqual(config.table.rewriters.length, 1);
});

test('an included file alone may hold the rules, and its old spellings count', () => {
  const { config } = load({
    'etc/c.toml': `${HEAD}init = ["addBlock prefix x."]`,
    'etc/conf.d/a.toml': `blacklist = ["prefix a."]\ninit = ["addBlock prefix y."]\n${route('a')}`,
    'etc/conf.d/b.toml': `blacklist = ["prefix b."]\n[init]\ncmds = ["addBlock prefix z."]`,
  });
  assert.deepEqual(
    config?.table.blocklist.map(({ prefix }) => prefix),
    ['x.', 'y.', 'z.', 'a.', 'b.'],
  );
});

test('a problem carries the file, line and column where it is', () => {
  assert.deepEqual(
    problems({
      'etc/c.toml': `${HEAD}lisen_addr = ":1"\n${route('main')}`,
      'etc/conf.d/a.toml': `\n${route('a')}regex = '('\n`,
      'etc/conf.d/b.toml': route('main'),
      'etc/conf.d/c.toml': '[[route]\n',
    }),
    [
      'unknown etc/c.toml:3:1: unknown key "lisen_addr"; did you mean "listen_addr"?',
      'error etc/conf.d/a.toml:6:9: error parsing regexp: missing closing ): `(`',
      'warning etc/conf.d/b.toml:1:1: the route key "main" is taken: commands find the first route only',
      'error etc/conf.d/c.toml:2:1: not valid TOML: Unterminated table-key',
    ],
  );
});

test('an included file holds no settings', () => {
  assert.deepEqual(
    problems({
      'etc/c.toml': `${HEAD}${route('r')}`,
      'etc/conf.d/a.toml': 'listen_addr = ":1"\nblocklst = []\n[amqp]\namqp_enabled = true\n',
      'etc/conf.d/b.toml': 'blocklist = "prefix a"\ninclude = 5\n[[init]]\n',
    }),
    [
      'error etc/conf.d/a.toml:1:1: "listen_addr" belongs in etc/c.toml: an included file holds routes, rewriters, aggregations, a blocklist and [init] cmds',
      'unknown etc/conf.d/a.toml:2:1: unknown key "blocklst" in an included file; did you mean "blocklist"?',
      'error etc/conf.d/a.toml:3:1: "amqp" belongs in etc/c.toml: an included file holds routes, rewriters, aggregations, a blocklist and [init] cmds',
      'error etc/conf.d/b.toml:1:1: "blocklist" must be a list of strings',
      'error etc/conf.d/b.toml:2:1: "include" must be a list of strings',
      'error etc/conf.d/b.toml:3:1: [init] must be a table',
    ],
  );
});

test('included files may include others, relative to themselves, each once', () => {
  const { config, problems: found } = load({
    'etc/c.toml': 'instance = "i"\ninclude = ["a/*.toml", "a/x.toml"]\n',
    'etc/a/x.toml': `include = ["b/*.toml"]\n${route('x')}`,
    'etc/a/b/y.toml': route('y'),
    'etc/a/z.toml': route('z'),
  });
  assert.deepEqual(found, []);
  assert.deepEqual(
    config?.table.routes.map(({ key }) => key),
    ['x', 'y', 'z'],
  );
});

test('a circle, a file from two places and what is not there are each one clear line', () => {
  assert.deepEqual(
    problems({
      'etc/c.toml': 'instance = "i"\ninclude = ["a.toml", "no.toml", "d/*", "bad.toml", ""]\n',
      'etc/a.toml': `include = ["b.toml", "e.toml"]\n${route('a')}`,
      'etc/b.toml': 'include = ["c.toml", "a.toml", "e.toml"]\n',
      'etc/e.toml': '',
      'etc/bad.toml': 'unreadable',
    }).map((line) => line.replaceAll(process.cwd(), '/cwd')),
    [
      'error etc/c.toml:2:22: cannot include "no.toml": no such file (looked for /cwd/etc/no.toml)',
      'warning etc/c.toml:2:33: include "d/*" matches no file in /cwd/etc',
      'error etc/c.toml:2:40: cannot include "etc/bad.toml": permission denied',
      'error etc/c.toml:2:52: an include must name a file',
      'error etc/a.toml:1:22: "etc/e.toml" is included twice: etc/b.toml does so too',
      'error etc/b.toml:1:12: include goes in a circle: etc/c.toml -> etc/a.toml -> etc/b.toml -> etc/c.toml',
      'error etc/b.toml:1:22: include goes in a circle: etc/a.toml -> etc/b.toml -> etc/a.toml',
    ],
  );
});

test('an environment variable names other files, relative to the current folder', () => {
  const files = {
    'etc/c.toml': `${HEAD}${route('c')}`,
    'etc/conf.d/a.toml': route('a'),
    'x.toml': route('x'),
  };
  const { config } = load(files, { SLUICE_INCLUDE: 'x.toml' });
  assert.deepEqual(config?.files, ['etc/c.toml', 'x.toml']);
});

test('a thousand files are included, and not one more', () => {
  const names = Array.from({ length: 1001 }, (_, n) => `etc/conf.d/${String(n).padStart(4, '0')}.toml`);
  const files = Object.fromEntries(names.map((name, n) => [name, n === 0 ? route('r') : '']));
  assert.deepEqual(problems({ 'etc/c.toml': HEAD, ...files }), [
    'error etc/c.toml:2:12: more than 1000 files are included',
  ]);
});
