// How Python writes a (host, instance) pair: the text whose hash places a member on carbon's ring.

/** Renders `('host', 'instance')`; without an instance it is `None`. */
export function pythonNode(host: string, instance: string): string {
  return `(${pythonText(host)}, ${instance === '' ? 'None' : pythonText(instance)})`;
}

function pythonText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`);
  return `${quote}${body}${quote}`;
}
