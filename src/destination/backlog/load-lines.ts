// Puts lines from elsewhere, an import, behind what is on disk.
import type { Clock } from '../../util/clock.ts';
import type { SpoolBooks } from './spool-books.ts';
import type { Spool } from '../spool/spool.ts';

export interface LoadDependencies {
  readonly spool: Spool;
  readonly books: SpoolBooks;
  readonly clock: Clock;
}

/** Offers lines to the disk, booked as loaded; resolves to false when it does not take them. */
export function loadLines(
  { spool, books, clock }: LoadDependencies,
  bytes: Buffer,
  lines: number,
): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const refusal = spool.offer({ bytes, lines, firstMs: clock.wallMs(), isBulk: true }, (ok) => {
    if (!ok) books.failed(lines);
    resolve(ok);
  });
  if (refusal === undefined) books.loaded(lines);
  else resolve(false);
  return promise;
}
