// Lines made inside the relay, on their way to the outputs that the routes choose by their keys.
import { KeyText } from '../table/key-text.ts';
import type { Snapshot } from '../table/snapshot.ts';

export interface RouteLinesDependencies {
  /** The table in force. */
  readonly snapshot: () => Pick<Snapshot, 'route'> | undefined;
  /** Takes lines for outputs; none: unroutable. */
  readonly generate: (outputs: readonly number[], bytes: Uint8Array, lines: number) => void;
}

/** Routes lines, each `key value timestamp` and a newline; those for the same outputs leave together. */
export function routeLines(
  lines: readonly string[],
  { snapshot: inForce, generate }: RouteLinesDependencies,
): void {
  const snapshot = inForce();
  const byOutputs = new Map<string, { readonly outputs: readonly number[]; readonly lines: string[] }>();
  for (const line of lines) {
    const key = KeyText.fromBytes(Buffer.from(line.slice(0, line.indexOf(' '))));
    const outputs = snapshot?.route(key) ?? [];
    const name = outputs.join();
    const gathered = byOutputs.get(name);
    if (gathered === undefined) byOutputs.set(name, { outputs, lines: [line] });
    else gathered.lines.push(line);
  }
  for (const { outputs, lines: gathered } of byOutputs.values()) {
    generate(outputs, Buffer.from(gathered.join('')), gathered.length);
  }
}
