// Lines as a live look shows them: copies of views into memory that goes on to other lines.
import type { RunLine } from '../../engine/engine.ts';
import type { DropReason } from '../../telemetry/drop-reason.ts';
import type { TailInput, TailLine, TailPlace } from '../../telemetry/tail/tail-report.ts';

/** Of a longer line or key only this much is shown, bytes. */
const LINE_BYTES_SHOWN = 4096;
/** Of more places only these are listed. */
const PLACES_SHOWN = 20;

/** Where a line came from, as far as that is known. */
export interface TailSource {
  readonly input?: TailInput | undefined;
  readonly sender?: string | undefined;
}

/** Tells where the lines of an output go. */
export type PlaceOf = (output: number) => TailPlace | undefined;

/** Shows a line of a run. */
export function renderRunLine(run: RunLine, source: TailSource, atMs: number, placeOf: PlaceOf): TailLine {
  const { end, rewritten } = run;
  return {
    atMs,
    line: readText(run.line),
    ...endOf(end, run.outputs, placeOf),
    ...(rewritten === undefined ? {} : { as: readText(rewritten) }),
    ...known(source),
  };
}

/** Shows a line made inside the relay; without outputs it is unroutable. */
export function renderGenerated(
  line: Uint8Array,
  outputs: readonly number[],
  atMs: number,
  placeOf: PlaceOf,
): TailLine {
  const end = outputs.length === 0 ? 'unroutable' : 'route';
  return { atMs, line: readText(line), ...endOf(end, outputs, placeOf), input: 'generated' };
}

/** Shows a line that was dropped; `place` where that was at a destination. */
export function renderDropped(
  line: Uint8Array,
  reason: DropReason,
  source: TailSource,
  atMs: number,
  more: { readonly error?: string; readonly place?: TailPlace | undefined } = {},
): TailLine {
  const { error = '', place } = more;
  return {
    atMs,
    line: readText(line),
    end: 'dropped',
    ...(place === undefined ? {} : { to: [place] }),
    reason,
    ...(error === '' ? {} : { error }),
    ...known(source),
  };
}

function endOf(
  end: RunLine['end'],
  outputs: ArrayLike<number>,
  placeOf: PlaceOf,
): Pick<TailLine, 'end' | 'to' | 'moreTo' | 'reason'> {
  if (end === 'consume') return { end: 'aggregated' };
  if (end !== 'route') return { end: 'dropped', reason: end };
  const to: TailPlace[] = [];
  for (let nth = 0; nth < Math.min(outputs.length, PLACES_SHOWN); nth++) {
    const place = placeOf(outputs[nth] as number);
    if (place !== undefined) to.push(place);
  }
  const more = outputs.length - PLACES_SHOWN;
  return { end: 'routed', to, ...(more > 0 ? { moreTo: more } : {}) };
}

function known({ input, sender = '' }: TailSource): Pick<TailLine, 'input' | 'sender'> {
  return { ...(input === undefined ? {} : { input }), ...(sender === '' ? {} : { sender }) };
}

function readText(bytes: Uint8Array): string {
  const shown = Math.min(bytes.length, LINE_BYTES_SHOWN);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, shown).toString('utf8');
  return shown === bytes.length ? text : `${text}…`;
}
