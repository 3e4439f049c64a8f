// The table of a config: blocklist, aggregations, rewriters and routes, `[init] cmds` before all others as in crng.
import { applyOperation, type Operation } from '../table/operation.ts';
import type {
  AggregatorOptions,
  MatcherOptions,
  RewriterOptions,
  RouteOptions,
  TableOptions,
} from '../table/options.ts';
import { findTable, findTables } from './find-section.ts';
import { parseImperative } from './imperative.ts';
import type { Overrides } from './overrides.ts';
import type { Place, Problems } from './problem.ts';
import { checkAggregator, readAggregator } from './read-aggregator.ts';
import { DestinationReader, type ParseDestination } from './read-destination.ts';
import { checkMatcher, readBlocklistEntry } from './read-matcher.ts';
import { checkRewriter, readRewriter } from './read-rewriter.ts';
import { lintRouteKeys, noteFindings, readRoute } from './read-route.ts';
import { AGGREGATION_SECTION, INIT_SECTION, REWRITER_SECTION, ROUTE_SECTION } from './sections.ts';
import type { PlacedText } from './setting.ts';
import { readSettings, type Settings } from './settings.ts';
import type { TomlTable } from './toml-tree.ts';

/** Reads everything that decides where a key goes. What could not be read is left out, and noted. */
export function readTable(
  root: TomlTable,
  top: Settings,
  overrides: Overrides,
  parseDestination: ParseDestination,
  problems: Problems,
): TableOptions {
  const durability = top.string('durability');
  const destinations = new DestinationReader({ durability }, parseDestination, problems);
  return new TableReader(overrides, destinations, problems).read(root, top);
}

class TableReader {
  readonly #overrides: Overrides;
  readonly #problems: Problems;
  readonly #destinations: DestinationReader;
  readonly #blocklist: MatcherOptions[] = [];
  readonly #rewriters: RewriterOptions[] = [];
  readonly #aggregators: AggregatorOptions[] = [];
  readonly #routes: { readonly key: string; readonly place: Place; readonly route: RouteOptions }[] = [];

  constructor(overrides: Overrides, destinations: DestinationReader, problems: Problems) {
    this.#overrides = overrides;
    this.#problems = problems;
    this.#destinations = destinations;
  }

  read(root: TomlTable, top: Settings): TableOptions {
    const problems = this.#problems;
    const table = findTable(root, INIT_SECTION, problems);
    const place = table?.place ?? root.place;
    const init = readSettings({ section: INIT_SECTION, table, place, overrides: this.#overrides }, problems);
    for (const command of init.texts('cmds')) this.#readCommand(command);
    for (const { route, place } of this.#routes) noteFindings(route, () => place, problems);
    for (const entry of top.texts('blocklist')) {
      const matcher = readBlocklistEntry(entry, problems);
      if (matcher !== undefined) this.#blocklist.push(matcher);
    }
    for (const table of findTables(root, AGGREGATION_SECTION, problems)) this.#readAggregator(table);
    for (const table of findTables(root, REWRITER_SECTION, problems)) this.#readRewriter(table);
    for (const table of findTables(root, ROUTE_SECTION, problems)) this.#readRoute(table);
    lintRouteKeys(this.#routes, problems);
    if (this.#routes.length === 0 && !problems.failed) {
      problems.warn(root.place, 'no route: every metric is counted as unroutable and goes nowhere');
    }
    return top.boolean('normalize_tags') ? { ...this.#table, normalizeTags: true } : this.#table;
  }

  get #table(): TableOptions {
    return {
      blocklist: this.#blocklist,
      rewriters: this.#rewriters,
      aggregators: this.#aggregators,
      routes: this.#routes.map(({ route }) => route),
    };
  }

  #readRewriter(table: TomlTable): void {
    const source = { section: REWRITER_SECTION, table, place: table.place, overrides: this.#overrides };
    const rewriter = readRewriter(readSettings(source, this.#problems), this.#problems);
    if (rewriter !== undefined) this.#rewriters.push(rewriter);
  }

  #readRoute(table: TomlTable): void {
    const route = readRoute(table, this.#destinations, this.#overrides, this.#problems);
    if (route !== undefined) this.#routes.push({ key: route.key, place: table.place, route });
  }

  #readAggregator(table: TomlTable): void {
    const aggregator = readAggregator(table, this.#overrides, this.#problems);
    if (aggregator !== undefined) this.#aggregators.push(aggregator);
  }

  #readCommand(command: PlacedText): void {
    const errorsBefore = this.#problems.list.length;
    const parsed = parseImperative(command.text, (text) =>
      this.#destinations.readGiven(withinCommand(command, text)),
    );
    if (parsed.ok) this.#apply(parsed.operation, command.place);
    else if (this.#problems.list.slice(errorsBefore).every(({ kind }) => kind !== 'error')) {
      this.#problems.error(command.place, `could not apply init cmd "${command.text}": ${parsed.error}`);
    }
  }

  #apply(operation: Operation, place: Place): void {
    switch (operation.kind) {
      case 'addBlock':
        checkMatcher(operation.matcher, () => place, this.#problems);
        this.#blocklist.push(operation.matcher);
        return;
      case 'addRewriter':
        if (checkRewriter(operation.rewriter, () => place, this.#problems)) {
          this.#rewriters.push(operation.rewriter);
        }
        return;
      case 'addAgg':
        if (checkAggregator(operation.aggregator, () => place, this.#problems)) {
          this.#aggregators.push(operation.aggregator);
        }
        return;
      case 'addRoute':
        checkMatcher(operation.route.matcher, () => place, this.#problems);
        this.#routes.push({ key: operation.route.key, place, route: operation.route });
        return;
      default:
        this.#change(operation, place);
    }
  }

  /** Applies a command that changes what commands before it have made. */
  #change(operation: Operation, place: Place): void {
    const applied = applyOperation(this.#table, operation);
    if (!applied.ok) {
      this.#problems.error(place, `could not apply init cmd: ${applied.error}`);
      return;
    }
    const { blocklist, rewriters, aggregators, routes } = applied.table;
    this.#blocklist.splice(0, Infinity, ...blocklist);
    this.#rewriters.splice(0, Infinity, ...rewriters);
    this.#aggregators.splice(0, Infinity, ...aggregators);
    const places = new Map(this.#routes.map((row) => [row.route, row.place]));
    const rows = routes.map((route) => ({ key: route.key, place: places.get(route) ?? place, route }));
    this.#routes.splice(0, Infinity, ...rows);
  }
}

/** Gives a destination the place of its address within the command; its words were joined by single spaces. */
function withinCommand(command: PlacedText, text: string): PlacedText {
  const start = command.text.indexOf(text);
  return {
    text,
    place: start < 0 ? command.place : command.placeAt(start),
    placeAt: (index) => (start < 0 ? command.place : command.placeAt(start + index)),
  };
}
