// Which destinations of a table are which of the one before: those that are the same, and those of the same route and
// address that can take up their new options as they are. All others are new, whatever they are called.
import { isLiveChange } from '../../destination/live-options.ts';
import type { DestinationOptions } from '../../destination/options.ts';

/** A destination of a table. */
export interface PlacedDestination {
  readonly routeKey: string;
  readonly options: DestinationOptions;
}

/**
 * Finds for each destination of a table the id of the one that goes on as it; undefined where none does. No id is given
 * twice, and equal destinations are told apart by their order.
 */
export function matchDestinations(
  running: ReadonlyMap<number, PlacedDestination>,
  wanted: readonly PlacedDestination[],
): (number | undefined)[] {
  const same = new Drawers(running, (destination) => identity(destination));
  const found = wanted.map((destination) => same.take(identity(destination)));
  const taken = new Set(found);
  const left = new Map([...running].filter(([id]) => !taken.has(id)));
  if (left.size === 0) return found;
  const near = new Drawers(left, nameOf);
  return found.map((id, index) => {
    const destination = wanted[index]!;
    if (id !== undefined) return id;
    return near.take(nameOf(destination), (other) =>
      isLiveChange(left.get(other)!.options, destination.options),
    );
  });
}

/** Ids by name, in order. */
class Drawers {
  readonly #ids = new Map<string, number[]>();

  constructor(
    destinations: ReadonlyMap<number, PlacedDestination>,
    nameOne: (destination: PlacedDestination) => string,
  ) {
    for (const [id, destination] of destinations) {
      const name = nameOne(destination);
      const ids = this.#ids.get(name);
      if (ids === undefined) this.#ids.set(name, [id]);
      else ids.push(id);
    }
  }

  take(name: string, fits: (id: number) => boolean = () => true): number | undefined {
    const ids = this.#ids.get(name) ?? [];
    const at = ids.findIndex((id) => fits(id));
    return at < 0 ? undefined : ids.splice(at, 1)[0];
  }
}

/** Names a destination by all that makes a difference to its queue and connection; its matcher does not. */
function identity({ routeKey, options }: PlacedDestination): string {
  const {
    prefix: _p,
    notPrefix: _np,
    sub: _s,
    notSub: _ns,
    regex: _r,
    notRegex: _nr,
    tags: _t,
    ...rest
  } = options;
  return JSON.stringify([routeKey, Object.entries(rest).toSorted(([a], [b]) => (a < b ? -1 : 1))]);
}

function nameOf({ routeKey, options }: PlacedDestination): string {
  return JSON.stringify([routeKey, options.addr]);
}
