// Finds text that a key must contain for a regex to match: the ground of the prefilter. Matching starts only when one of
// these texts is found, so they may be weak, never wrong.
//
// Texts are in lower case and looked for in the lower-cased key, so that `(?i)` needs no more texts than without.
import { setMembers } from './ascii-set.ts';
import type { AsciiSet } from './ascii-set.ts';
import type { Node } from './syntax.ts';

/** One text; `atStart`: it must stand at the start of the key. */
export interface Literal {
  readonly text: string;
  readonly atStart: boolean;
}

/** A demand: at least one of these stands in every key that matches. Never empty. */
export type AnyOf = readonly Literal[];

/** Most texts of one demand, and the length at which a text is cut. */
const TEXTS_MAX = 16;
const TEXT_LENGTH_MAX = 64;

/** Lists demands that every match meets; none when nothing is known. */
export function requiredLiterals(node: Node): AnyOf[] {
  return new Collector().collect(node);
}

/** Walks the parts of a regex in order and joins neighbouring ones of which all texts are known. */
class Collector {
  /** The texts that may stand where the walk is; they end there. */
  #open: readonly string[] = [''];
  #atStart = false;
  readonly #demands: AnyOf[] = [];

  collect(node: Node): AnyOf[] {
    this.#walk(node);
    this.#close();
    return this.#demands;
  }

  #walk(node: Node): void {
    const texts = allTexts(node);
    if (texts !== undefined) return this.#append(texts);
    if (
      node.kind === 'look' &&
      node.look === 'textStart' &&
      this.#open.length === 1 &&
      this.#open[0] === ''
    ) {
      // Also true when more could stand before: then nothing matches at all.
      this.#atStart = true;
      return undefined;
    }
    if (node.kind === 'look') return undefined;
    if (node.kind === 'concat') {
      for (const child of node.nodes) this.#walk(child);
      return undefined;
    }
    if (node.kind === 'repeat' && node.min > 0) {
      this.#walk(node.node);
      return this.#close();
    }
    this.#close();
    if (node.kind === 'alternate') this.#demandOneOf(node.nodes);
    return undefined;
  }

  #append(texts: readonly string[]): void {
    if (this.#open.length * texts.length > TEXTS_MAX || (this.#open[0] as string).length >= TEXT_LENGTH_MAX) {
      this.#close();
    }
    if (texts.length === 1) this.#open = this.#open.map((head) => head + (texts[0] as string));
    else this.#open = this.#open.flatMap((head) => texts.map((tail) => head + tail));
  }

  /** Makes a demand of the open texts and begins anew. */
  #close(): void {
    if (this.#open.every((text) => text !== '')) {
      const atStart = this.#atStart;
      this.#demands.push([...new Set(this.#open)].map((text) => ({ text, atStart })));
    }
    this.#open = [''];
    this.#atStart = false;
  }

  #demandOneOf(branches: readonly Node[]): void {
    const literals: Literal[] = [];
    for (const branch of branches) {
      const demands = requiredLiterals(branch);
      if (demands.length === 0) return;
      literals.push(...demands.reduce((best, demand) => (shortest(demand) > shortest(best) ? demand : best)));
    }
    if (literals.length <= TEXTS_MAX) this.#demands.push(literals);
  }
}

/** The length of the shortest text of a demand. */
export function shortest(demand: AnyOf): number {
  return demand.reduce((least, { text }) => Math.min(least, text.length), Infinity);
}

/** All texts that a node matches, in lower case, when they are few and of ASCII alone. */
function allTexts(node: Node): readonly string[] | undefined {
  switch (node.kind) {
    case 'char':
      return [String.fromCharCode(node.code).toLowerCase()];
    case 'set':
      return setTexts(node.set);
    case 'look':
      return undefined;
    case 'concat':
      return product(node.nodes);
    case 'alternate':
      return union(node.nodes);
    case 'repeat':
      return node.min === node.max && node.max <= 8
        ? product(Array<Node>(node.min).fill(node.node))
        : undefined;
  }
}

function setTexts(set: AsciiSet): readonly string[] | undefined {
  if (set.beyond) return undefined;
  const texts = [...new Set(setMembers(set).map((code) => String.fromCharCode(code).toLowerCase()))];
  return texts.length > 0 && texts.length <= TEXTS_MAX ? texts : undefined;
}

function product(nodes: readonly Node[]): readonly string[] | undefined {
  let texts: readonly string[] = [''];
  for (const node of nodes) {
    const tails = allTexts(node);
    if (tails === undefined || texts.length * tails.length > TEXTS_MAX) return undefined;
    if ((texts[0] as string).length >= TEXT_LENGTH_MAX) return undefined;
    texts = texts.flatMap((head) => tails.map((tail) => head + tail));
  }
  return texts;
}

function union(nodes: readonly Node[]): readonly string[] | undefined {
  const texts: string[] = [];
  for (const node of nodes) {
    const more = allTexts(node);
    if (more === undefined || texts.length + more.length > TEXTS_MAX) return undefined;
    texts.push(...more);
  }
  return texts;
}
