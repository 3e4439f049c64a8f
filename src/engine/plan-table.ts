// Numbers plans for the engine: series with the same outputs share one plan, whatever windows they feed: those differ from
// series to series and are kept with it. Ids are valid within one generation; the
// table starts anew with each, so that it holds only plans in use.
import type { Plan } from '../metric/plan.ts';
import { assert } from '../util/assert.ts';

/** Kinds of plan as the module knows them (emit.ts). */
export const KINDS = { route: 0, invalid: 1, blocklisted: 2, unroutable: 3, consumed: 4 } as const;

/** What the plan table needs of the module. */
export interface PlanMemory {
  reserve(size: number): number;
  reserveOutputs(count: number): void;
  setPlan(index: number, kind: number, list: number, count: number): void;
  /** Writes output ids at an address. */
  writeList(address: number, ids: readonly number[]): void;
}

/** Most plans of one generation. The memory behind them is touched only when they are used. */
export const PLANS_MAX = 1 << 20;

export class PlanTable {
  readonly #memory: PlanMemory;
  readonly #single: (number | undefined)[] = [];
  readonly #byOutputs = new Map<string, number>();
  readonly #byText = new Map<string, number>();
  readonly #texts: string[] = [];
  #count = 0;
  #lists = 0;
  #listsSize = 0;
  #listsUsed = 0;

  constructor(memory: PlanMemory) {
    this.#memory = memory;
  }

  get count(): number {
    return this.#count;
  }

  /** Forgets all plans; the engine has begun a new generation. */
  clear(): void {
    this.#single.length = 0;
    this.#byOutputs.clear();
    this.#byText.clear();
    this.#texts.length = 0;
    this.#count = 0;
    this.#listsUsed = 0;
  }

  /** The id of a plan, given one if it is new. */
  intern(plan: Plan): number {
    if (plan.kind === 'drop') return this.#internEnd(plan.reason, plan.text ?? '');
    if (plan.kind === 'consume') return this.#internEnd('consumed', '');
    const { outputs } = plan;
    const only = outputs.length === 1 ? (outputs[0] as number) : -1;
    const key = only < 0 ? outputs.join() : '';
    const known = only < 0 ? this.#byOutputs.get(key) : this.#single[only];
    if (known !== undefined) return known;
    assert(outputs.length > 0, 'a route plan without outputs');
    this.#memory.reserveOutputs(Math.max(...outputs) + 1);
    const list = this.#takeList(outputs.length * 4);
    this.#memory.writeList(list, outputs);
    const id = this.#add(KINDS.route, list, outputs.length, '');
    if (only < 0) this.#byOutputs.set(key, id);
    else this.#single[only] = id;
    return id;
  }

  /** The text of an invalid plan. */
  text(id: number): string {
    return this.#texts[id] ?? '';
  }

  #internEnd(reason: 'invalid' | 'blocklisted' | 'unroutable' | 'consumed', text: string): number {
    // Only the text of an invalid key is ever shown again.
    const key = reason === 'invalid' ? `invalid ${text}` : reason;
    const known = this.#byText.get(key);
    if (known !== undefined) return known;
    const id = this.#add(KINDS[reason], 0, 0, text);
    this.#byText.set(key, id);
    return id;
  }

  #add(kind: number, list: number, count: number, text: string): number {
    const id = this.#count++;
    assert(id < PLANS_MAX, 'more plans than the engine has room for');
    this.#memory.setPlan(id, kind, list, count);
    this.#texts[id] = text;
    return id;
  }

  #takeList(size: number): number {
    if (this.#listsUsed + size > this.#listsSize) {
      // Lists already handed out stay where they are; the new area serves from its start.
      this.#listsSize = Math.max(64 * 1024, this.#listsSize * 2, size);
      this.#lists = this.#memory.reserve(this.#listsSize);
      this.#listsUsed = 0;
    }
    const address = this.#lists + this.#listsUsed;
    this.#listsUsed += size;
    return address;
  }
}
