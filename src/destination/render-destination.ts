// A destination back as text: what parse-destination.ts reads as the same options, with what differs from the defaults.
import { isDeepStrictEqual } from 'node:util';
import { DESTINATION_OPTIONS, type DestinationOptions } from './options.ts';

/** A field of the options that an option of the string fills. */
export type DestinationField = Exclude<keyof DestinationOptions, 'addr' | 'address'>;

/** Fields whose names do not follow from the name of their option. */
const FIELDS: Readonly<Record<string, DestinationField>> = { rotate_interval: 'rotateMs' };

/** Names the field that an option fills: its name in camel case, with `Ms` where that is what there is. */
export function destinationField(option: string, options: DestinationOptions): DestinationField | undefined {
  const camel = option.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return [FIELDS[option], camel, `${camel}Ms`].find(
    (field): field is DestinationField => field !== undefined && field in options,
  );
}

/** Renders a destination string; `parseDestination` makes equal options of it. */
export function renderDestination(options: DestinationOptions): string {
  const words = [options.addr];
  const isImplied = options.spool === false && options.whenFull === 'drop_newest';
  for (const option of DESTINATION_OPTIONS) {
    // What `spool=false` says by itself.
    if (option.name === 'when_full' && isImplied) continue;
    const field = destinationField(option.name, options);
    const value = field === undefined ? undefined : renderValue(options[field]);
    if (value !== undefined && value !== option.default) words.push(`${option.name}=${String(value)}`);
  }
  return words.join(' ');
}

/** A list is one word. */
function renderValue(value: DestinationOptions[DestinationField]): string | number | boolean | undefined {
  return Array.isArray(value) ? value.join(';') : (value as Exclude<typeof value, readonly string[]>);
}

/** Lists the options in which two destinations differ, by the names that users write. */
export function differingOptions(
  before: DestinationOptions,
  after: DestinationOptions,
): { readonly name: string; readonly before: unknown; readonly after: unknown }[] {
  if (isDeepStrictEqual(before, after)) return [];
  return DESTINATION_OPTIONS.flatMap(({ name }) => {
    const field = destinationField(name, before);
    if (field === undefined || isDeepStrictEqual(before[field], after[field])) return [];
    return [{ name, before: before[field], after: after[field] }];
  });
}
