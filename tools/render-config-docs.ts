// The config reference and the sample config, rendered from the declarations. Committed, and compared by a test.
import { DESTINATION_OPTIONS } from '../src/destination/options.ts';
import type { Option } from '../src/util/option.ts';
import {
  envName,
  flagName,
  isOverridable,
  type Section,
  SECTIONS,
  sectionTitle,
} from '../src/config/sections.ts';

const INTRO = `# Config

<!-- Made by \`bin/node tools/generate-docs.ts\` from the declarations in src/. Do not edit. -->

The config is TOML, and that of carbon-relay-ng is read as it is: keys in any letter case, old spellings too.
\`sluice check FILE\` says what is wrong with a config, as \`file:line:column: message\`; \`sluice run\` starts with an unknown
key after one warning, unless \`--strict\` is given.

A value comes from, in this order: flag, environment variable, config file, default. Of a list given as an environment
variable each line is one string; a flag for a list may be given often. Lists of tables (\`[[route]]\`, \`[[rewriter]]\`)
come from the file only.

Without a config file the relay listens on loopback only (plain 127.0.0.1:2003, HTTP 127.0.0.1:8081) and has one route,
\`default\`, to \`$GRAPHITE_ADDR\` when that is set and otherwise to the file \`./data/metrics.log\`. With a config file an
address that is not there means: no such listener.

Durations are written as in Go: "500ms", "2m", "1h30m".

## Variables

Replaced in the whole text before it is parsed:

- \`$HOST\` and \`\${HOST}\`: the host name up to its first dot (not the environment variable);
- \`$GRAFANA_NET_ADDR\`, \`$GRAFANA_NET_API_KEY\`, \`$GRAFANA_NET_USER_ID\`, in both spellings: that environment variable;
- \`\${env:NAME}\`: any environment variable; one that is not set is an error.

Everything else stays, \`$1\` and \`\${1}\` of a template too.

What a status means: *later*: read, and has no effect until its feature is built (one warning). *refused*: a config that
uses it does not start, since to ignore it would lose metrics. *no effect*: accepted for compatibility.
`;

/** Renders docs/config.md. */
export function renderConfigReference(): string {
  const parts = [INTRO];
  for (const section of SECTIONS) {
    parts.push(`## ${headingOf(section)}\n\n${section.doc}\n\n${renderTable(section)}`);
    if (section.name === 'route') parts.push(renderDestinations());
  }
  return parts.join('\n');
}

function headingOf(section: Section): string {
  return section.form === 'top' ? 'Keys at the top' : `\`${sectionTitle(section)}\``;
}

function renderTable(section: Section): string {
  const withNames = isOverridable(section);
  const names = withNames ? ' environment variable | flag |' : '';
  const rows = [
    `| key | form | default |${names} meaning |`,
    `|---|---|---|${withNames ? '---|---|' : ''}---|`,
  ];
  for (const option of section.options) {
    const cells = withNames ? ` \`${envName(section, option)}\` | \`${flagName(section, option)}\` |` : '';
    rows.push(
      `| ${renderName(option)} | ${renderForm(option)} | ${renderDefault(option)} |${cells} ${renderDoc(option)} |`,
    );
  }
  return `${rows.join('\n')}\n`;
}

function renderDestinations(): string {
  const rows = ['| option | form | default | meaning |', '|---|---|---|---|'];
  for (const option of DESTINATION_OPTIONS) {
    rows.push(
      `| \`${option.name}\` | ${renderForm(option)} | ${renderDefault(option)} | ${renderDoc(option)} |`,
    );
  }
  return `### Destinations

A destination is a string, \`<addr> [option=value …]\`: an address, then options in any order, between white space.
The address is \`host:port\`, \`host:port:instance\` (the instance counts in names and in hashing only) or \`file:PATH\`.

${rows.join('\n')}
`;
}

function renderName(option: Option): string {
  const aliases = (option.aliases ?? []).map((alias) => `\`${alias}\``);
  return aliases.length === 0 ? `\`${option.name}\`` : `\`${option.name}\` (also ${aliases.join(', ')})`;
}

const FORM_WORDS: Readonly<Record<Option['type'], string>> = {
  string: 'string',
  int: 'whole number',
  float: 'number',
  bool: 'true or false',
  duration: 'duration',
  millis: 'ms',
  bytes: 'bytes',
  strings: 'list of strings',
  tables: 'list of tables',
  choice: 'string',
};

function renderForm(option: Option): string {
  if (option.choices !== undefined) return option.choices.join(', ');
  const unit = option.unit === undefined || option.type !== 'int' ? '' : ` (${option.unit})`;
  const { min, max } = option;
  const range = [min === undefined ? '' : `at least ${min}`, max === undefined ? '' : `at most ${max}`];
  return [`${FORM_WORDS[option.type]}${unit}`, ...range].filter((text) => text !== '').join(', ');
}

function renderDefault(option: Option): string {
  if (option.required === true) return '**required**';
  return option.default === undefined ? 'none' : `\`${renderToml(option.default)}\``;
}

function renderToml(value: NonNullable<Option['default']>): string {
  return typeof value === 'object' ? '[]' : JSON.stringify(value);
}

function renderDoc(option: Option): string {
  const status = { active: '', accepted: '*No effect.* ', later: '*Later.* ', refused: '*Refused.* ' }[
    option.status
  ];
  return `${status}${option.doc}`.replaceAll('|', '\\|');
}

/** Renders docs/sluice.example.toml: every key that does something, commented out where it holds its default. */
export function renderSampleConfig(): string {
  const top = SECTIONS[0]!.options
    .filter((option) => option.status === 'active' && option.name !== 'blocklist')
    .map(renderSampleKey);
  return `# A config of sluice with every key that does something, each with its default. See docs/config.md.
# Made by bin/node tools/generate-docs.ts.

${top.join('\n')}
# What to drop: "<method> <pattern>".
# blocklist = ["prefix test.", 'regex ^debug\\.']

# Change keys: old is text, or a regular expression between slashes.
# [[rewriter]]
# old = "collectd."
# new = "servers."
# max = -1

# Sum what all hosts report, each 10 s; a window is kept open for another 10 s.
# [[aggregation]]
# function = "sum"
# regex = '^servers\\.[^.]+\\.requests\\.(.*)$'
# format = "totals.requests.$1"
# interval = 10
# wait = 20

# Keep everything in a file. Change it to your Graphite: destinations = ["graphite.example.com:2003"].
[[route]]
key = "default"
type = "sendAllMatch"
destinations = ["file:./data/metrics.log rotate_interval=86400000"]
`;
}

/** Values that the sample sets, where the default is empty: what the embedded config sets too. */
const SAMPLE_VALUES: Readonly<Record<string, string>> = {
  instance: '${HOST}',
  listen_addr: '127.0.0.1:2003',
  http_addr: '127.0.0.1:8081',
};

function renderSampleKey(option: Option): string {
  const chosen = SAMPLE_VALUES[option.name];
  const value = renderToml(chosen ?? option.default ?? '');
  return `# ${option.doc}\n${chosen === undefined ? '# ' : ''}${option.name} = ${value}\n`;
}
