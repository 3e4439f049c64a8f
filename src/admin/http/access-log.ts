// The HTTP access log in the combined form of Apache, as crng writes it to stdout. Everything that came from the
// client is quoted, so that a request cannot forge a line.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { renderAccessTime } from '../../util/render-time.ts';

/** Longest text taken over from the client, characters. */
const TEXT_CHARS_MAX = 2048;

/** Renders the line of one answered request, with its newline. `bytes` is the size of the answer's body. */
export function renderAccessLine(
  request: Pick<IncomingMessage, 'method' | 'url' | 'httpVersion' | 'headers'>,
  response: Pick<ServerResponse, 'statusCode'>,
  answer: { readonly remote: string; readonly bytes: number; readonly wallMs: number },
): string {
  const { method = '-', url = '-', httpVersion, headers } = request;
  return (
    `${answer.remote} - - [${renderAccessTime(answer.wallMs)}] ` +
    `"${escape(method)} ${escape(url)} HTTP/${httpVersion}" ${response.statusCode} ${answer.bytes} ` +
    `"${escape(headers.referer ?? '')}" "${escape(headers['user-agent'] ?? '')}"\n`
  );
}

function escape(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return text.slice(0, TEXT_CHARS_MAX).replace(/["\\\0-\x1f\x7f-\uffff]/g, (char) => {
    if (char === '"' || char === '\\') return `\\${char}`;
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
