// The config as carbon-relay-ng shows it at GET /config: Go's field names, what was not written as Go's zero, durations in
// nanoseconds. Secrets are replaced. Keys that only this relay has are shown in the same way.
import type { Option } from '../util/option.ts';
import { findTable, findTables } from './find-section.ts';
import type { Overrides } from './overrides.ts';
import { Problems } from './problem.ts';
import { type Section, SECTIONS } from './sections.ts';
import type { SettingValue } from './setting.ts';
import { readSettings, type Settings } from './settings.ts';
import type { TomlTable } from './toml-tree.ts';

/** What stands for a secret. */
export const REDACTED = '***';

const NS_BY_MS = 1_000_000;

/** Names that are not the key with a capital letter. */
const NAMES: Readonly<Record<string, string>> = {
  blocklist: 'BlockList',
  sslverify: 'SslVerify',
  tlsEnabled: 'TLSEnabled',
  tlsSkipVerify: 'TLSSkipVerify',
  tlsClientCert: 'TLSClientCert',
  tlsClientKey: 'TLSClientKey',
  saslEnabled: 'SASLEnabled',
  saslMechanism: 'SASLMechanism',
  saslUsername: 'SASLUsername',
  saslPassword: 'SASLPassword',
};

/** The two keys whose values Go shows by the names of its constants. */
const LEVELS: Readonly<Record<string, string>> = {
  validation_level_legacy: 'Legacy',
  validation_level_m20: 'M20',
};

/** Keys that crng's program itself gives a default; all others are zero until they are written. */
const WITH_DEFAULT = new Set(['plain_read_timeout', 'pickle_read_timeout', ...Object.keys(LEVELS)]);

/** Renders a config; `top` are its settings, the other sections are found in `root`. */
export function goConfig(
  root: TomlTable,
  top: Settings,
  overrides: Overrides,
): Readonly<Record<string, unknown>> {
  const shown: Record<string, unknown> = { ...fieldsOf(SECTIONS[0]!, top), BlackList: null };
  for (const section of SECTIONS.slice(1)) {
    // What is wrong has been told where the section was read first.
    const unheard = new Problems();
    const read = (table: TomlTable | undefined): Record<string, unknown> =>
      fieldsOf(
        section,
        readSettings({ section, table, place: table?.place ?? root.place, overrides }, unheard),
      );
    const name = capitalized(section.name);
    if (section.form === 'table') shown[name] = read(findTable(root, section, unheard));
    else shown[name] = findTables(root, section, unheard).map(read);
  }
  return shown;
}

function fieldsOf(section: Section, settings: Settings): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const option of section.options) {
    fields[NAMES[option.name] ?? capitalized(option.name)] = goValue(option, settings);
  }
  return fields;
}

function goValue(option: Option, settings: Settings): unknown {
  const isShown = WITH_DEFAULT.has(option.name) || settings.given(option.name) !== undefined;
  const value: SettingValue | undefined = isShown ? settings.value(option.name) : undefined;
  const level = LEVELS[option.name];
  if (level !== undefined) return capitalized(settings.string(option.name)) + level;
  if (option.secret === true) return value === undefined || value === '' ? '' : REDACTED;
  switch (option.type) {
    case 'strings':
      return typeof value === 'object' && value.length > 0 ? value.map(({ text }) => text) : null;
    case 'duration':
      return renderDuration(option, value as number | undefined);
    case 'bool':
      return value ?? false;
    case 'string':
    case 'choice':
      return value ?? '';
    default:
      return value ?? 0;
  }
}

/** crng keeps this one as a string and parses it later. */
function renderDuration({ name }: Option, ms = 0): unknown {
  if (name !== 'bad_metrics_max_age') return { Duration: ms * NS_BY_MS };
  return ms === 0 ? '' : `${ms / 1000}s`;
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
