// Variables in the text of a config, replaced before it is parsed. The rules are those of Go's os.Expand as crng
// calls it, so that `$HOSTNAME`, `$$` and `$|` stay as they are, with three differences that users gain from:
//   ${1}, ${name}     stay (crng takes the braces away, which turns a template's `${1}foo` into group "1foo")
//   ${ and ${}        stay (crng makes them vanish)
//   ${env:NAME}       any environment variable
// Every replacement remembers where it came from, so that a place in the new text maps to the user's own file.

/** What variables can stand for. */
export interface ExpansionWorld {
  readonly hostName: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Something to tell about a `$` in the text. `offset` counts in the original text. */
export interface ExpansionNote {
  readonly kind: 'error' | 'warning';
  readonly offset: number;
  readonly message: string;
}

/** A text with its variables replaced. */
export interface Expansion {
  readonly text: string;
  readonly notes: readonly ExpansionNote[];
  /** Maps an offset in `text` to one in the original. */
  sourceOffset(offset: number): number;
}

const CRNG_ENV_NAMES = new Set(['GRAFANA_NET_ADDR', 'GRAFANA_NET_API_KEY', 'GRAFANA_NET_USER_ID']);

/** `$` followed by what Go takes for a name: braces, one special character, or a run of word characters. */
const VARIABLE = /\$(?:\{([^}\n]*)\}|(\{)|([*#$@!?\-0-9])|([A-Za-z0-9_]+))?/g;

interface Replacement {
  readonly text: string;
  readonly note?: Omit<ExpansionNote, 'offset'>;
}

/** Replaces the variables of a config text. */
export function expandVariables(source: string, world: ExpansionWorld): Expansion {
  const notes: ExpansionNote[] = [];
  // Parallel lists: at outputStarts[i] in the new text begins what begins at sourceStarts[i] in the original.
  const outputStarts = [0];
  const sourceStarts = [0];
  let output = '';
  let copiedTo = 0;
  for (const match of source.matchAll(VARIABLE)) {
    const replacement = replace(match, world);
    if (replacement === undefined) continue;
    const { text, note } = replacement;
    if (note !== undefined) notes.push({ ...note, offset: match.index });
    if (text === match[0]) continue;
    output += source.slice(copiedTo, match.index);
    outputStarts.push(output.length);
    sourceStarts.push(match.index);
    output += text;
    copiedTo = match.index + match[0].length;
    outputStarts.push(output.length);
    sourceStarts.push(copiedTo);
  }
  output += source.slice(copiedTo);
  return { text: output, notes, sourceOffset: (offset) => mapOffset(offset, outputStarts, sourceStarts) };
}

function mapOffset(offset: number, outputStarts: readonly number[], sourceStarts: readonly number[]): number {
  let low = 0;
  let high = outputStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (outputStarts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  const mapped = sourceStarts[low]! + offset - outputStarts[low]!;
  // Inside a replacement that is longer than the variable was: stay on the variable.
  const end = sourceStarts[low + 1];
  return end !== undefined && mapped > end ? end : mapped;
}

function replace(match: RegExpMatchArray, world: ExpansionWorld): Replacement | undefined {
  const [whole, braced, openBrace, special, word] = match;
  if (openBrace !== undefined) {
    return warn(whole, '"${" without "}" stays as it is; carbon-relay-ng takes it out of the text');
  }
  if (special !== undefined) return undefined;
  if (word !== undefined) return known(word, world);
  if (braced === undefined) return undefined;
  if (braced === '') return warn(whole, '"${}" stays as it is; carbon-relay-ng takes it out of the text');
  if (braced.startsWith('env:')) return environment(braced.slice('env:'.length), world);
  const replacement = known(braced, world);
  if (replacement !== undefined) return replacement;
  // A name or number in braces is a template's group. Anything else is none, and loses its braces as in crng.
  if (!/^[A-Za-z0-9_]+$/.test(braced)) return { text: `$${braced}` };
  if (meansTheSame(match)) return undefined;
  return warn(
    whole,
    `"${whole}" stays as it is; carbon-relay-ng reads it as "$${braced}", without the braces`,
  );
}

/** In a template `${1}.` and `$1.` are one, while `${1}a` and `$1a` are not. */
function meansTheSame(match: RegExpMatchArray): boolean {
  const { input = '', index = 0 } = match;
  if (/[A-Za-z0-9_]/.test(input.charAt(index + match[0].length))) return false;
  const lineStart = input.lastIndexOf('\n', index) + 1;
  return /^\s*(?:new|format)\s*=|add(?:Rewriter|Agg) /i.test(input.slice(lineStart, index));
}

function known(name: string, world: ExpansionWorld): Replacement | undefined {
  if (name === 'HOST') return { text: world.hostName.split('.')[0] ?? '' };
  if (!CRNG_ENV_NAMES.has(name)) return undefined;
  const value = world.env[name] ?? '';
  if (value !== '') return { text: value };
  return warn('', `the environment variable ${name} is not set: nothing stands in its place`);
}

function environment(name: string, world: ExpansionWorld): Replacement {
  const value = world.env[name];
  if (value !== undefined) return { text: value };
  return { text: '', note: { kind: 'error', message: `the environment variable "${name}" is not set` } };
}

function warn(text: string, message: string): Replacement {
  return { text, note: { kind: 'warning', message } };
}
