// Checks the books of the running relay every few seconds. An imbalance is our bug: it is said once, with the figures,
// and counted; the relay goes on, since stopping would lose more.
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';
import { type DropCounts, makeDropCounts, totalDropped } from './drop-reason.ts';
import { destinationBalanced, type Ledger, type LedgerDestination } from './ledger.ts';

const INTERVAL_MS = 5000;

/** Watches the conservation law. */
export class LedgerWatch {
  readonly #intervalMs: number;
  readonly #ledger: () => Ledger;
  readonly #clock: Clock;
  readonly #log: Log;
  #balanced = true;
  #unbalancedChecks = 0;
  #cancel: (() => void) | undefined;

  constructor(
    options: { readonly intervalMs?: number },
    dependencies: { readonly ledger: () => Ledger; readonly clock: Clock; readonly log: Log },
  ) {
    this.#intervalMs = options.intervalMs ?? INTERVAL_MS;
    this.#ledger = dependencies.ledger;
    this.#clock = dependencies.clock;
    this.#log = dependencies.log;
  }

  /** Checks that found the books unbalanced. */
  get unbalancedChecks(): number {
    return this.#unbalancedChecks;
  }

  /** Checks from now on, until `stop`. */
  start(): void {
    this.#cancel = this.#clock.after(this.#intervalMs, () => {
      this.check();
      this.start();
    });
  }

  /** Ends the checks. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** Checks now; returns whether the books balance. */
  check(): boolean {
    const ledger = this.#ledger();
    if (!ledger.balanced) this.#unbalancedChecks += 1;
    if (ledger.balanced !== this.#balanced) {
      this.#balanced = ledger.balanced;
      if (ledger.balanced) this.#log.info('the ledger balances again');
      else this.#log.error(`BUG: the ledger does not balance: ${describeImbalance(ledger)}`);
    }
    return ledger.balanced;
  }
}

/** Renders both sides of each equation that does not hold; '' when the books balance. */
export function describeImbalance(ledger: Ledger): string {
  const wrong: string[] = [];
  for (const row of ledger.destinations) {
    const dropped = { ...row, dropped: fillDrops(row.dropped) };
    if (!destinationBalanced(dropped)) wrong.push(describeDestination(row));
  }
  const { loaded, received, generated, copies, consumed } = ledger;
  const into = loaded + received + generated + copies - consumed;
  const kept = ledger.destinations.reduce((sum, row) => sum + row.written + row.queued + row.spooled, 0);
  const dropped = totalDropped(fillDrops(ledger.dropped));
  if (into !== kept + dropped) {
    wrong.push(
      `relay: loaded ${loaded} + received ${received} + generated ${generated} + copies ${copies} - consumed ${consumed}` +
        ` = ${into}, but written, queued and spooled ${kept} + dropped ${dropped} = ${kept + dropped}`,
    );
  }
  if (wrong.length === 0 && !ledger.balanced)
    wrong.push('lines entered destinations that the relay did not send');
  return wrong.join('; ');
}

function describeDestination(row: LedgerDestination): string {
  const dropped = totalDropped(fillDrops(row.dropped));
  return (
    `destination ${row.key} of route ${row.route}: loaded ${row.loaded} + in ${row.in} = ${row.loaded + row.in}, but ` +
    `written ${row.written} + queued ${row.queued} + spooled ${row.spooled} + dropped ${dropped} = ` +
    `${row.written + row.queued + row.spooled + dropped}`
  );
}

function fillDrops(counts: Partial<DropCounts>): DropCounts {
  return { ...makeDropCounts(), ...counts };
}
