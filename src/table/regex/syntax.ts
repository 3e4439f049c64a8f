// The syntax tree of a regex as far as matching ASCII keys needs it: captures and greediness are gone, since they do not
// change whether there is a match.
import type { AsciiSet } from './ascii-set.ts';

/** An empty-width condition; `word` is \b. */
export type Look = 'textStart' | 'textEnd' | 'lineStart' | 'lineEnd' | 'word' | 'notWord';

export type Node =
  | { readonly kind: 'char'; readonly code: number }
  | { readonly kind: 'set'; readonly set: AsciiSet }
  | { readonly kind: 'look'; readonly look: Look }
  | { readonly kind: 'concat'; readonly nodes: readonly Node[] }
  | { readonly kind: 'alternate'; readonly nodes: readonly Node[] }
  | { readonly kind: 'repeat'; readonly node: Node; readonly min: number; readonly max: number };

/** Matches the empty text. */
export const EMPTY: Node = { kind: 'concat', nodes: [] };

/** Counts the instructions that a node compiles to, about. */
export function programSize(node: Node): number {
  switch (node.kind) {
    case 'char':
    case 'set':
    case 'look':
      return 1;
    case 'concat':
    case 'alternate':
      return node.nodes.reduce((sum, child) => sum + programSize(child) + 1, 1);
    case 'repeat': {
      const copies = node.max === Infinity ? Math.max(1, node.min) : node.max;
      return copies * (programSize(node.node) + 1) + 1;
    }
  }
}

/** Says whether a node matches the empty text wherever it stands. */
export function isNullable(node: Node): boolean {
  switch (node.kind) {
    case 'char':
    case 'set':
    case 'look':
      return false;
    case 'concat':
      return node.nodes.every(isNullable);
    case 'alternate':
      return node.nodes.some(isNullable);
    case 'repeat':
      return node.min === 0 || isNullable(node.node);
  }
}

/**
 * Takes off one end what may as well match nothing there. A search for the result finds a match in the same keys:
 * `.*\.a.*` becomes `\.a`, and `x+` at an end becomes `x`.
 */
export function trimEnd(node: Node, end: 'first' | 'last'): Node {
  if (isNullable(node)) return EMPTY;
  if (node.kind === 'alternate') {
    return { kind: 'alternate', nodes: node.nodes.map((child) => trimEnd(child, end)) };
  }
  if (node.kind === 'repeat') {
    const { node: child, min } = node;
    return min === 1 ? trimEnd(child, end) : { kind: 'repeat', node: child, min, max: min };
  }
  if (node.kind !== 'concat') return node;
  const nodes = node.nodes.slice();
  const at = (): number => (end === 'first' ? 0 : nodes.length - 1);
  while (nodes.length > 0 && isNullable(nodes[at()] as Node)) nodes.splice(at(), 1);
  if (nodes.length > 0) nodes[at()] = trimEnd(nodes[at()] as Node, end);
  return { kind: 'concat', nodes };
}

/** Says whether every match begins at the start of the text. */
export function isAnchored(node: Node): boolean {
  if (node.kind === 'look') return node.look === 'textStart';
  if (node.kind === 'alternate') return node.nodes.every(isAnchored);
  if (node.kind === 'concat') return node.nodes.length > 0 && isAnchored(node.nodes[0] as Node);
  return node.kind === 'repeat' && node.min > 0 && isAnchored(node.node);
}
