// A config of carbon's relay (and the rules of its aggregator) as one of this relay.
import type { CommandWorld } from '../command-world.ts';
import {
  addAggregationRules,
  addBlacklist,
  addRelayRules,
  addRewriteRules,
  addWhitelist,
} from './carbon-rules.ts';
import { CarbonSettings } from './carbon-settings.ts';
import type { ImportReport } from './import-report.ts';
import { ImportedConfig } from './imported-config.ts';
import { parseIni } from './ini-file.ts';
import { setAddress, usableDestinations } from './usable.ts';

/** The files beside carbon.conf, where there are any. */
export interface CarbonFiles {
  readonly relayRules?: string | undefined;
  readonly aggregationRules?: string | undefined;
  readonly rewriteRules?: string | undefined;
  readonly blacklist?: string | undefined;
  readonly whitelist?: string | undefined;
}

const PROTOCOLS: Readonly<Record<string, string>> = { pickle: ' pickle=true', line: '' };
const HASHES: Readonly<Record<string, string>> = { carbon_ch: 'carbon_ch', fnv1a_ch: 'carbon_fnv1a_ch' };
/** carbon's default bound of a pickle, which needs no word. */
const PICKLE_BYTES_DEFAULT = '1048576';
/** As much as `pickle_max_bytes` takes. */
const PICKLE_BYTES_MIN = 1024;
const PICKLE_BYTES_MAX = 500 * 1024 * 1024;

/** Translates carbon.conf and its files; throws the system's error when one cannot be read. */
export function importCarbon(
  file: string,
  files: CarbonFiles,
  world: Pick<CommandWorld, 'readFile'>,
  report: ImportReport,
): string {
  const read = (path: string): string => Buffer.from(world.readFile(path)).toString('utf8');
  const sections = parseIni(read(file), file, report);
  const relaySection = sections.find(({ name }) => name === 'relay');
  const aggregatorSection = sections.find(({ name }) => name === 'aggregator');
  const config = new ImportedConfig(`carbon (${file})`);
  const mainSection = relaySection ?? aggregatorSection;
  if (mainSection === undefined) {
    report.missed({ file, line: 1 }, 'there is no section [relay] or [aggregator]');
    return config.text;
  }
  const main = new CarbonSettings(mainSection, report);
  const aggregator =
    files.aggregationRules === undefined ||
    aggregatorSection === undefined ||
    mainSection === aggregatorSection
      ? undefined
      : new CarbonSettings(aggregatorSection, report);
  for (const { name, place } of sections) {
    const isOther = name !== mainSection.name && !(name === 'aggregator' && aggregator !== undefined);
    if (isOther) report.note(place, `[${name}] is another program of carbon, and is not part of this config`);
  }
  addTop(main, config, report);
  if (files.blacklist !== undefined && isListOn(main, 'blacklist', report)) {
    addBlacklist(read(files.blacklist), files.blacklist, config, report);
  }
  if (files.whitelist !== undefined && isListOn(main, 'whitelist', report)) {
    addWhitelist(read(files.whitelist), files.whitelist, config, report);
  }
  if (files.rewriteRules !== undefined)
    addRewriteRules(read(files.rewriteRules), files.rewriteRules, config, report);
  if (files.aggregationRules !== undefined) {
    const settings = main.name === 'aggregator' ? main : aggregator;
    addAggregationRules(read(files.aggregationRules), files.aggregationRules, settings, config, report);
  }
  const rules = files.relayRules;
  addRoutes(main, rules === undefined ? undefined : { text: read(rules), file: rules }, config, report);
  return config.text;
}

function isListOn(main: CarbonSettings, name: string, report: ImportReport): boolean {
  if (main.isOn('USE_WHITELIST')) return true;
  report.note(
    main.placeOf('USE_WHITELIST'),
    `the ${name} is left out: USE_WHITELIST is off, so that it is not in force`,
  );
  return false;
}

function addTop(main: CarbonSettings, config: ImportedConfig, report: ImportReport): void {
  const isRelay = main.name === 'relay';
  const plain = main.address('LINE', isRelay ? '2013' : '2023');
  const pickle = main.address('PICKLE', isRelay ? '2014' : '2024');
  if (plain !== '') setAddress('listen_addr', plain, main.placeOf('LINE_RECEIVER_PORT'), config, report);
  if (pickle !== '') setAddress('pickle_addr', pickle, main.placeOf('PICKLE_RECEIVER_PORT'), config, report);
  const bytes = main.text('PICKLE_RECEIVER_MAX_LENGTH', PICKLE_BYTES_DEFAULT);
  if (/^\d{4,9}$/.test(bytes) && Number(bytes) >= PICKLE_BYTES_MIN && Number(bytes) <= PICKLE_BYTES_MAX) {
    if (bytes !== PICKLE_BYTES_DEFAULT) config.top('pickle_max_bytes', Number(bytes));
  } else main.missed('PICKLE_RECEIVER_MAX_LENGTH', `PICKLE_RECEIVER_MAX_LENGTH = ${bytes}`);
  const idle = main.text('METRIC_CLIENT_IDLE_TIMEOUT', 'None');
  const idleText = /^\d+$/.test(idle) ? `${idle}s` : '0s';
  config.top('plain_read_timeout', idleText);
  config.top('pickle_read_timeout', idleText);
  config.top('http_addr', '127.0.0.1:8081');
  if (main.isOn('TAG_RELAY_NORMALIZED')) config.top('normalize_tags', true);
  if (main.isOn('DYNAMIC_ROUTER')) {
    main.missed('DYNAMIC_ROUTER', 'DYNAMIC_ROUTER: lines of a destination that is away wait on disk for it');
  }
  if (main.isOn('DESTINATIONS_POOL_REPLICAS'))
    main.missed('DESTINATIONS_POOL_REPLICAS', 'DESTINATIONS_POOL_REPLICAS');
  const transport = main.text('DESTINATION_TRANSPORT', 'none');
  if (transport !== 'none') main.missed('DESTINATION_TRANSPORT', `DESTINATION_TRANSPORT = ${transport}`);
  report.note(
    main.placeOf('LINE_RECEIVER_PORT'),
    `listens where carbon-${main.name} did: stop that one first`,
  );
}

function addRoutes(
  main: CarbonSettings,
  rules: { readonly text: string; readonly file: string } | undefined,
  config: ImportedConfig,
  report: ImportReport,
): void {
  const protocol = main.text('DESTINATION_PROTOCOL', 'pickle').toLowerCase();
  const suffix = PROTOCOLS[protocol];
  if (suffix === undefined) {
    main.missed('DESTINATION_PROTOCOL', `DESTINATION_PROTOCOL = ${protocol}: destinations get plain lines`);
  }
  const render = (destination: string): string => `${destination}${suffix ?? ''}`;
  // carbon-aggregator knows only the ring.
  const method = main.name === 'aggregator' ? 'consistent-hashing' : main.text('RELAY_METHOD', 'rules');
  if (method === 'rules') {
    if (rules === undefined)
      main.missed('RELAY_METHOD', 'RELAY_METHOD = rules: give the rules with --relay-rules');
    else addRelayRules(parseIni(rules.text, rules.file, report), render, config, report);
    return;
  }
  if (rules !== undefined)
    report.note(main.placeOf('RELAY_METHOD'), `${rules.file} is left out: RELAY_METHOD is ${method}`);
  const type = HASHES[main.text('ROUTER_HASH_TYPE', 'carbon_ch') || 'carbon_ch'];
  if (method !== 'consistent-hashing' || type === undefined) {
    main.missed('RELAY_METHOD', `RELAY_METHOD = ${method} ${main.text('ROUTER_HASH_TYPE')}`);
    return;
  }
  const texts = main.text('DESTINATIONS').split(',');
  const place = main.placeOf('DESTINATIONS');
  const given = texts.map((text) => text.trim()).filter((text) => text !== '');
  const destinations = usableDestinations(given.map(render), place, report);
  if (destinations.length === 0) {
    report.missed(place, 'there is no destination that can be used');
    return;
  }
  const isRing = destinations.length > 1;
  const factor = Number(main.text('REPLICATION_FACTOR', '1'));
  if (!Number.isInteger(factor) || factor < 1)
    main.missed('REPLICATION_FACTOR', 'REPLICATION_FACTOR is no count');
  const replication = Math.min(factor, destinations.length);
  config.add('route', place, [
    ['key', config.routeKey(main.name)],
    // A ring of one is that one.
    ['type', isRing ? type : 'sendAllMatch'],
    ['replication_factor', isRing && replication > 1 ? replication : undefined],
    ['diverse_replicas', isRing && !main.isOn('DIVERSE_REPLICAS', true) ? false : undefined],
    ['tag_relay_normalized', isRing && main.isOn('TAG_RELAY_NORMALIZED') ? true : undefined],
    ['destinations', destinations],
  ]);
}
