// All tables of a config in one list. Parser, environment variables, flags, help and docs derive from it.
import { INPUT_OPTIONS } from '../input/options.ts';
import type { Option } from '../util/option.ts';
import { GLOBAL_OPTIONS } from './global-options.ts';
import { ROUTE_OPTIONS } from './route-options.ts';
import {
  AGGREGATION_OPTIONS,
  AGGREGATION_OUTPUT_OPTIONS,
  AMQP_OPTIONS,
  INIT_OPTIONS,
  INSTRUMENTATION_OPTIONS,
  REWRITER_OPTIONS,
} from './section-options.ts';

/** A table of the config: the top, `[name]`, or `[[name]]` which may come often. */
export interface Section {
  /** '' for the keys at the top. */
  readonly name: string;
  readonly form: 'top' | 'table' | 'list';
  /** One sentence for users. */
  readonly doc: string;
  readonly options: readonly Option[];
  /** The option that says whether the section is in use; while it is not, nothing is said about the others. */
  readonly switch?: string;
}

/** The keys at the top of a config. */
export const TOP_SECTION: Section = {
  name: '',
  form: 'top',
  doc: 'These come before the first section.',
  options: [...GLOBAL_OPTIONS.slice(0, 1), ...INPUT_OPTIONS, ...GLOBAL_OPTIONS.slice(1)],
};

/** `[[rewriter]]`. */
export const REWRITER_SECTION: Section = {
  name: 'rewriter',
  form: 'list',
  doc: 'Rewriters change keys, in order, each working on what the one before made.',
  options: REWRITER_OPTIONS,
};

/** `[[route]]`. */
export const ROUTE_SECTION: Section = {
  name: 'route',
  form: 'list',
  doc: 'Routes send what they match to destinations; every route sees every metric unless an earlier one stops it.',
  options: ROUTE_OPTIONS,
};

/** `[[aggregation]]`. */
export const AGGREGATION_SECTION: Section = {
  name: 'aggregation',
  form: 'list',
  doc: 'Aggregations compute new series from windows of what matches, in order, after the rewriters. Their results go to the routes, and to no other aggregation.',
  options: AGGREGATION_OPTIONS,
};

/** One of the `outputs` of an `[[aggregation]]`; no section of a config by itself. */
export const AGGREGATION_OUTPUT_SECTION: Section = {
  name: 'aggregation.outputs',
  form: 'list',
  doc: 'One result of an aggregation.',
  options: AGGREGATION_OUTPUT_OPTIONS,
};

/** `[amqp]`. */
export const AMQP_SECTION: Section = {
  name: 'amqp',
  form: 'table',
  doc: 'The AMQP input is not built yet: the keys are read, and a config that enables it does not start.',
  options: AMQP_OPTIONS,
  switch: 'amqp_enabled',
};

/** `[instrumentation]`. */
export const INSTRUMENTATION_SECTION: Section = {
  name: 'instrumentation',
  form: 'table',
  doc: "Where the relay's own metrics are sent.",
  options: INSTRUMENTATION_OPTIONS,
  switch: 'graphite_addr',
};

/** `[init]`. */
export const INIT_SECTION: Section = {
  name: 'init',
  form: 'table',
  doc: 'Commands of the telnet interface, in the old style.',
  options: INIT_OPTIONS,
};

/** Every table of a config, in the order of the docs. */
export const SECTIONS: readonly Section[] = [
  TOP_SECTION,
  ROUTE_SECTION,
  REWRITER_SECTION,
  AGGREGATION_SECTION,
  INSTRUMENTATION_SECTION,
  AMQP_SECTION,
  INIT_SECTION,
];

/** Names a section as a config writes it: `[amqp]`, `[[route]]`, or words for the top. */
export function sectionTitle(section: Section): string {
  if (section.form === 'top') return 'the top of the config';
  return section.form === 'table' ? `[${section.name}]` : `[[${section.name}]]`;
}

/** Tells whether an option can be given as an environment variable and as a flag: those of lists of tables cannot. */
export function isOverridable(section: Section): boolean {
  return section.form !== 'list';
}

/** Names an option for users when its section is not at hand: `listen_addr`, `instrumentation.graphite_addr`. */
export function keyName(section: Section, option: Option): string {
  return section.form === 'top' ? option.name : `${section.name}.${option.name}`;
}

/** Names an option's environment variable: SLUICE_LISTEN_ADDR, SLUICE_INSTRUMENTATION_GRAPHITE_ADDR, SLUICE_AMQP_HOST. */
export function envName(section: Section, option: Option): string {
  return `SLUICE_${pathOf(section, option).toUpperCase()}`;
}

/** Names an option's flag: --listen-addr, --instrumentation-graphite-addr, --amqp-host. */
export function flagName(section: Section, option: Option): string {
  return `--${pathOf(section, option).replaceAll('_', '-')}`;
}

function pathOf(section: Section, option: Option): string {
  if (section.name === '' || option.name.startsWith(`${section.name}_`)) return option.name;
  return `${section.name}_${option.name}`;
}
