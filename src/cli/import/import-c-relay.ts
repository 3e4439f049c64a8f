// A config of carbon-c-relay as one of this relay.
//
// There, rules are tried from top to bottom, and each rewrite, match and aggregate sees what the ones above left. Here all
// rewriters come first, then all aggregators, then the routes. So what a rule above stops is kept from the ones below by
// `stop` among routes, and by a `notRegex` otherwise; a rewrite below a match or an aggregate is taken where neither can
// tell the difference (rewrites-below.ts).
import type { CommandWorld } from '../command-world.ts';
import { type Cluster, readCluster } from './c-relay-cluster.ts';
import { readListen } from './c-relay-listen.ts';
import { type Aggregate, readAggregate } from './c-relay-aggregate.ts';
import { type Match, readMatch, readRewrite } from './c-relay-rules.ts';
import { readStatements, type Statement } from './c-relay-statements.ts';
import { anyOf } from './foreign-regex.ts';
import type { ImportPlace, ImportReport } from './import-report.ts';
import { ImportedConfig } from './imported-config.ts';
import { neverBoth } from './pattern-shape.ts';
import { RewritesBelow } from './rewrites-below.ts';

/** Everything goes there that no rule should see. */
const BLACKHOLE = 'blackhole';

/** Translates a config and what it includes; throws the system's error when the file cannot be read. */
export function importCRelay(
  file: string,
  world: Pick<CommandWorld, 'readFile' | 'listFiles'>,
  report: ImportReport,
): string {
  const statements = readStatements(file, world, report);
  const config = new ImportedConfig(`carbon-c-relay (${file})`);
  readListen(statements, config, report, { file, line: 1 });
  config.top('http_addr', '127.0.0.1:8081');
  new Rules(config, report).read(statements);
  return config.text;
}

/** The rules of a config, taken one after the other. */
class Rules {
  readonly #config: ImportedConfig;
  readonly #report: ImportReport;
  readonly #clusters = new Map<string, Cluster>();
  /** What blackholes and aggregates above keep from all below; undefined: everything is kept from them. */
  #gone: string[] = [];
  /** What matches above keep from aggregates below; among routes `stop` does that. */
  #stopped: string[] = [];
  #isOver = false;
  #sawMatch = false;
  #sawRule = false;
  #sawRewrite = false;
  readonly #above: RewritesBelow;

  constructor(config: ImportedConfig, report: ImportReport) {
    this.#config = config;
    this.#report = report;
    this.#above = new RewritesBelow(report);
  }

  read(statements: readonly Statement[]): void {
    for (const statement of statements) {
      const [keyword] = statement;
      if (keyword?.text !== 'cluster') continue;
      const cluster = readCluster(statement, this.#report);
      if (cluster !== undefined) this.#clusters.set(cluster.name, cluster);
    }
    for (const statement of statements) this.#rule(statement);
  }

  #rule(statement: Statement): void {
    const { text, place } = statement[0] ?? { text: '', place: { file: '', line: 0 } };
    switch (text) {
      case 'cluster':
      case 'listen':
        return;
      case 'match':
        return this.#match(readMatch(statement, this.#report), place);
      case 'rewrite':
        return this.#rewrite(statement, place);
      case 'aggregate':
        return this.#aggregate(readAggregate(statement, this.#report), place);
      case 'statistics':
      case 'send':
        this.#report.missed(place, 'statistics: what the relay says of itself is at http_addr, GET /metrics');
        return;
      default:
        this.#report.missed(place, `"${text}" is no statement of carbon-c-relay that is known here`);
    }
  }

  #match(match: Match | undefined, place: ImportPlace): void {
    if (match === undefined || this.#isDead(place)) return;
    const { regexes, stop, using } = match;
    const all = regexes.length === 0;
    const regex = anyOf(regexes);
    const targets = match.targets.filter((target) => target !== BLACKHOLE);
    const isHole = targets.length < match.targets.length;
    const known = targets.flatMap((name) => {
      const cluster = this.#clusters.get(name);
      if (cluster === undefined) this.#report.missed(place, `there is no cluster ${name} that can be used`);
      return cluster === undefined ? [] : [cluster];
    });
    if (using !== undefined && known.some(({ isHash }) => isHash)) {
      this.#report.missed(using, 'route using: the key itself is hashed');
    }
    if (!stop)
      this.#tellOverlaps(regexes, place, 'goes once here, and once for each of them in carbon-c-relay');
    for (const [i, { name, type, options, destinations }] of known.entries()) {
      const isLast = i === known.length - 1;
      this.#config.add('route', place, [
        ['key', this.#config.routeKey(name)],
        ['type', type],
        ['regex', regex],
        ['notRegex', anyOf(this.#gone)],
        ['stop', isLast && stop ? true : undefined],
        ...options,
        ['destinations', destinations],
      ]);
    }
    if (known.length === 0 && !isHole) {
      if (!stop) return;
      this.#keepFromAll(all, regex);
      this.#above.add({ regexes, stop, place, what: 'match' });
      this.#sawRule = true;
      return;
    }
    if (isHole && known.length === 0) {
      if (this.#blocks(all)) {
        // The blocklist comes before everything, also before rewriters.
        for (const regex of regexes) this.#config.block(`regex ${regex}`);
        this.#sawMatch = true;
        return;
      }
      this.#keepFromAll(all, regex);
    } else if (stop || isHole) {
      if (all) this.#isOver = true;
      else this.#stopped.push(...regexes);
    }
    this.#above.add({ regexes, stop, place, what: 'match' });
    this.#sawMatch = true;
    this.#sawRule = true;
  }

  /** True while a blackhole meets keys as they come in. */
  #blocks(all: boolean): boolean {
    return !this.#sawRule && !this.#sawRewrite && !all;
  }

  #keepFromAll(all: boolean, regex: string): void {
    if (all) this.#isOver = true;
    else this.#gone.push(regex);
  }

  #rewrite(statement: Statement, place: ImportPlace): void {
    if (this.#isDead(place)) return;
    const rewrite = readRewrite(statement, this.#report);
    if (rewrite === undefined) return;
    const keeps = this.#above.judge(rewrite, place);
    if (keeps === undefined) return;
    this.#sawRewrite = true;
    this.#config.add('rewriter', place, [
      ['old', `/${rewrite.regex}/`],
      ['new', rewrite.replacement],
      ['not', keeps.length > 0 ? `/${anyOf(keeps)}/` : undefined],
      ['max', -1],
    ]);
  }

  #aggregate(aggregate: Aggregate | undefined, place: ImportPlace): void {
    if (aggregate === undefined || this.#isDead(place)) return;
    const { regexes, regex, outputs, intervalSec, expireSec, timestamp, targets, stop } = aggregate;
    if (!stop)
      this.#tellOverlaps(regexes, place, 'counts once here, and once for each of them in carbon-c-relay');
    // What matches above was not seen by them if the raw metric ended here.
    const drops = stop && !this.#sawMatch;
    const [first] = outputs;
    this.#config.add('aggregation', place, [
      ['function', outputs.length === 1 ? first?.function : undefined],
      ['format', outputs.length === 1 ? first?.format : undefined],
      ['outputs', outputs.length > 1 ? outputs.map((output) => ({ ...output })) : undefined],
      ['regex', regex],
      ['notRegex', anyOf([...this.#gone, ...this.#stopped])],
      ['interval', intervalSec],
      ['wait', expireSec],
      ['timestamp', timestamp],
      ['dropRaw', drops ? true : undefined],
    ]);
    if (stop) {
      // All below are dead when it takes everything.
      const taken = regexes.length === 0 ? '.*' : anyOf(regexes);
      if (drops) this.#stopped.push(taken);
      else this.#gone.push(taken);
    }
    this.#above.add({ regexes, stop, place, what: 'aggregate' });
    this.#sawRule = true;
    if (targets.length > 0) this.#sendResults(aggregate, place);
    else
      this.#report.note(
        place,
        'the results take the routes of this config, and meet no rewriter and no aggregator',
      );
  }

  /** Results that have a target of their own get a route before all others, by the form of their keys. */
  #sendResults({ outputs, targets }: Aggregate, place: ImportPlace): void {
    const regex = anyOf(outputs.map(({ format }) => formatRegex(format)));
    const known = targets.flatMap((name) => this.#clusters.get(name) ?? []);
    if (known.length < targets.length)
      this.#report.missed(place, `send to ${targets.join(' ')}: not all can be used`);
    for (const [i, { name, type, options, destinations }] of known.entries()) {
      this.#config.first('route', place, [
        ['key', this.#config.routeKey(`${name}_results`)],
        ['type', type],
        ['regex', regex],
        ['stop', i === known.length - 1 ? true : undefined],
        ...options,
        ['destinations', destinations],
      ]);
    }
    this.#report.note(
      place,
      'the results are told by the form of their keys: others of that form go with them',
    );
  }

  /** Tells of a rule with several expressions that may match the same key. */
  #tellOverlaps(regexes: readonly string[], place: ImportPlace, what: string): void {
    const isApart = regexes.every((a, i) => regexes.slice(i + 1).every((b) => neverBoth(a, b)));
    if (!isApart) this.#report.note(place, `a key that several of these expressions match ${what}`);
  }

  #isDead(place: ImportPlace): boolean {
    if (this.#isOver) this.#report.note(place, 'left out: a rule above takes everything');
    return this.#isOver;
  }
}

/** What keys of a format look like. */
function formatRegex(format: string): string {
  const parts = format
    .split(/\$\{\d+\}/)
    .map((part) => part.replaceAll('$$', '$').replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return `^${parts.join('.*')}$`;
}
