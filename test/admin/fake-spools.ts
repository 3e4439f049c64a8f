// Spools of a relay that only remembers what was asked of it.
import type { SpoolAdmin, SpoolRow } from '../../src/admin/http/spool-routes.ts';

/** One spool, of the destination `r_a/b`. */
export class FakeSpools implements SpoolAdmin {
  readonly calls: string[] = [];
  /** All that was put in. */
  loaded = '';
  /** Takes nothing so many times. */
  refusals = 0;
  readonly row: SpoolRow = {
    key: 'r_a/b',
    route: 'r',
    addr: '127.0.0.1:1',
    folder: 'dest-r_a%2Fb.0',
    state: 'ready',
    lines: 12,
    bytes: 300,
    diskBytes: 1000,
    oldestMs: 5,
    lastError: '',
    replay: { done: 1, left: 12, rate: 3, endSec: 4 },
  };

  list(): readonly SpoolRow[] {
    return [this.row];
  }

  purge(key: string): Promise<number | undefined> {
    this.calls.push(`purge ${key}`);
    return Promise.resolve(key === this.row.key ? 12 : undefined);
  }

  load(key: string, bytes: Buffer, lines: number): Promise<boolean | undefined> {
    this.calls.push(`load ${key} ${lines}`);
    if (key !== this.row.key) return Promise.resolve(undefined);
    if (this.refusals > 0) {
      this.refusals -= 1;
      return Promise.resolve(false);
    }
    this.loaded += bytes.toString();
    return Promise.resolve(true);
  }
}
