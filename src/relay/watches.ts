// What looks at the books of a running relay now and then: whether they balance, what is dropped, how fast lines flow.
import { DropLog, type DropRow } from '../telemetry/drop-log.ts';
import type { Ledger, RelayCounts } from '../telemetry/ledger.ts';
import { LedgerWatch } from '../telemetry/ledger-watch.ts';
import { FlowWatch } from '../telemetry/tune/flow-watch.ts';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';
import type { Routing } from './routing.ts';

export interface WatchesDependencies {
  /** False: nobody looks at the flow of lines. */
  readonly measure: boolean;
  readonly counts: RelayCounts;
  readonly routing: Pick<Routing, 'rows' | 'destinations'>;
  readonly ledger: () => Ledger;
  readonly clock: Clock;
  readonly log: Log;
}

export class Watches {
  readonly ledger: LedgerWatch;
  readonly drops: DropLog;
  readonly flows: FlowWatch;
  readonly #deps: WatchesDependencies;

  constructor(dependencies: WatchesDependencies) {
    this.#deps = dependencies;
    this.ledger = new LedgerWatch({}, dependencies);
    this.drops = new DropLog({ ...dependencies, rows: () => this.#dropRows() });
    const books = () => dependencies.routing.destinations.map(({ counts }) => counts);
    this.flows = new FlowWatch({ ...dependencies, books });
  }

  start(): void {
    this.ledger.start();
    this.drops.start();
    if (this.#deps.measure) this.flows.start();
  }

  stop(): void {
    this.ledger.stop();
    this.drops.stop();
    this.flows.stop();
  }

  *#dropRows(): Iterable<DropRow> {
    const { counts, routing } = this.#deps;
    yield { key: '', addr: '', dropped: counts.dropped };
    yield* routing.rows();
  }
}
