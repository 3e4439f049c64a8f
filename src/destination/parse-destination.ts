// Parses a destination string, `<addr> [opt=value …]`, to plain data. Words are separated by white space, options come
// in any order, a repeated option counts as written last. Never throws; the same text always gives the same result.
import { parseTagExpression, splitTagExpressions, TAG_EXPRESSION_FORM } from '../metric/tag-options.ts';
import type { Option } from '../util/option.ts';
import {
  DESTINATION_OPTIONS,
  type DestinationAddress,
  type DestinationOptions,
  FILE_OPTIONS,
  type ReplayOrder,
  type WhenFull,
} from './options.ts';
import { type DestinationField, destinationField } from './render-destination.ts';

/** An option that was read and has no effect (yet), and the sentence to say once. */
export interface DestinationWarning {
  readonly option: string;
  readonly message: string;
}

export type ParsedDestination =
  | {
      readonly ok: true;
      readonly options: DestinationOptions;
      /** The fields of the options that were written; the others have their defaults. */
      readonly given: readonly DestinationField[];
      readonly warnings: readonly DestinationWarning[];
    }
  | { readonly ok: false; readonly error: string };

type Values = ReadonlyMap<string, string | number | boolean>;

const BY_NAME: ReadonlyMap<string, Option> = new Map(
  DESTINATION_OPTIONS.map((option) => [option.name, option]),
);

/** Parses a destination string; the error is one sentence without position. */
export function parseDestination(text: string): ParsedDestination {
  const [addr, ...words] = text.split(/\s+/).filter((word) => word !== '');
  if (addr === undefined) return { ok: false, error: 'a destination needs an address' };
  const address = parseAddress(addr);
  if (typeof address === 'string') return { ok: false, error: address };
  const values = new Map<string, string | number | boolean>();
  const warnings = new Map<string, DestinationWarning>();
  for (const word of words) {
    const parsed = parseOption(word, address);
    if (typeof parsed === 'string') return { ok: false, error: parsed };
    values.set(parsed.option.name, parsed.value);
    const message = warningFor(parsed.option);
    if (message === undefined) warnings.delete(parsed.option.name);
    else warnings.set(parsed.option.name, { option: parsed.option.name, message });
  }
  const options = fillOptions(addr, address, values);
  const given = [...values.keys()].flatMap((name) => destinationField(name, options) ?? []);
  return { ok: true, options, given, warnings: [...warnings.values()] };
}

/**
 * Parses an address: `host:port`, `host:port:instance`, `[v6]:port`, `[v6]:port:instance` or `file:PATH`.
 * Returns an error text when it is none of them. An empty host means this machine, as in Go.
 */
export function parseAddress(addr: string): DestinationAddress | string {
  if (addr.startsWith('file:')) {
    const path = addr.slice('file:'.length);
    return path === '' ? `address '${addr}': a path must follow 'file:'` : { protocol: 'file', path };
  }
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):([^:]*)(?::([^:]*))?$/.exec(addr);
  if (match === null) {
    const hint = (addr.match(/:/g) ?? []).length > 2 ? ' (an IPv6 address goes in brackets: [::1]:2003)' : '';
    return `address '${addr}' is not host:port, host:port:instance or file:PATH${hint}`;
  }
  const port = parseInt10(match[3] ?? '');
  if (port === undefined || port < 1 || port > 65_535) {
    return `address '${addr}': the port must be a number from 1 to 65535`;
  }
  return {
    protocol: 'tcp',
    host: match[1] || match[2] || 'localhost',
    port,
    instance: match[4] ?? '',
  };
}

function parseOption(
  word: string,
  address: DestinationAddress,
): { readonly option: Option; readonly value: string | number | boolean } | string {
  const equals = word.indexOf('=');
  const name = equals < 0 ? word : word.slice(0, equals);
  const option = BY_NAME.get(name);
  if (option === undefined || equals < 0) return `unrecognized option '${word}'${hintFor(name, equals)}`;
  if (FILE_OPTIONS.has(name) && address.protocol !== 'file') {
    return `option '${name}' works only with a file: destination`;
  }
  const text = word.slice(equals + 1);
  if (name === 'pickle' && text === 'true' && address.protocol === 'file') {
    return `option '${word}' does not work with a file: destination`;
  }
  const value = parseValue(option, text);
  if (value === undefined) return `option '${word}': ${expectation(option)}`;
  const fault = name === 'tags' ? tagsFault(text) : undefined;
  if (fault !== undefined) return fault;
  if (option.status === 'refused' && value !== option.default) {
    return `option '${word}' is not supported yet`;
  }
  return { option, value };
}

function tagsFault(text: string): string | undefined {
  const wrong = splitTagExpressions(text).find((expression) => parseTagExpression(expression) === undefined);
  return wrong === undefined ? undefined : `option 'tags=${text}': '${wrong}' must be ${TAG_EXPRESSION_FORM}`;
}

function hintFor(name: string, equals: number): string {
  if (equals < 0) return BY_NAME.has(name) ? ' (a value must follow as =value)' : '';
  const lower = name.toLowerCase();
  const near = name === 'substr' ? 'sub' : [...BY_NAME.keys()].find((known) => known.toLowerCase() === lower);
  return near === undefined ? '' : ` (did you mean '${near}'?)`;
}

function parseValue(option: Option, text: string): string | number | boolean | undefined {
  switch (option.type) {
    case 'bool':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'choice':
      return option.choices?.includes(text) === true ? text : undefined;
    case 'int':
    case 'millis':
    case 'bytes': {
      const value = parseInt10(text);
      if (value === undefined) return undefined;
      return value < (option.min ?? 0) || value > (option.max ?? Number.MAX_SAFE_INTEGER) ? undefined : value;
    }
    default:
      return text === '' ? undefined : text;
  }
}

function parseInt10(text: string): number | undefined {
  if (!/^[0-9]{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

function expectation(option: Option): string {
  switch (option.type) {
    case 'bool':
      return 'the value must be true or false';
    case 'choice':
      return `the value must be one of ${option.choices?.join(', ') ?? ''}`;
    case 'string':
      return 'the value must not be empty';
    default: {
      const least = option.min === undefined ? '' : `, at least ${option.min}`;
      const most = option.max === undefined ? '' : `, at most ${option.max}`;
      return `the value must be a whole number, digits only${least}${most}`;
    }
  }
}

function warningFor(option: Option): string | undefined {
  if (option.status === 'accepted')
    return `option '${option.name}' is accepted and has no effect: ${option.doc}`;
  return undefined;
}

function fillOptions(addr: string, address: DestinationAddress, values: Values): DestinationOptions {
  const value = (name: string) => values.get(name) ?? BY_NAME.get(name)?.default;
  const text = (name: string) => value(name) as string;
  const number = (name: string) => value(name) as number;
  const bool = (name: string) => value(name) as boolean;
  const spool = values.get('spool') as boolean | undefined;
  // crng drops what a destination without spool cannot take; who wrote that out gets that.
  const whenFull = spool === false && text('when_full') === 'spill' ? 'drop_newest' : text('when_full');
  return {
    addr,
    address,
    prefix: text('prefix'),
    notPrefix: text('notPrefix'),
    sub: text('sub'),
    notSub: text('notSub'),
    regex: text('regex'),
    notRegex: text('notRegex'),
    tags: splitTagExpressions(text('tags')),
    flush: number('flush'),
    reconn: number('reconn'),
    pickle: bool('pickle'),
    spool,
    connbuf: values.get('connbuf') as number | undefined,
    iobuf: number('iobuf'),
    spoolbuf: number('spoolbuf'),
    spoolmaxbytes: number('spoolmaxbytes'),
    spoolMaxAgeMs: number('spool_max_age'),
    spoolFull: text('spool_full') as 'oldest' | 'newest',
    order: text('order') as ReplayOrder,
    durability: values.get('durability') as DestinationOptions['durability'],
    replayRate: number('replay_rate'),
    spoolmaxbytesperfile: number('spoolmaxbytesperfile'),
    spoolsyncevery: number('spoolsyncevery'),
    spoolsyncperiod: number('spoolsyncperiod'),
    spoolsleep: number('spoolsleep'),
    unspoolsleep: number('unspoolsleep'),
    whenFull: whenFull as WhenFull,
    queueBytes: number('queue_bytes'),
    redoBytes: number('redo_bytes'),
    redoAgeMs: number('redo_age'),
    connectTimeoutMs: number('connect_timeout'),
    writeTimeoutMs: number('write_timeout'),
    maxConnAgeMs: number('max_conn_age'),
    rotateBytes: number('rotate_bytes'),
    rotateMs: number('rotate_interval'),
    gzip: bool('gzip'),
    fsync: bool('fsync'),
  };
}
