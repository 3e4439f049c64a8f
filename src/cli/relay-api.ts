// Asks a running relay over its HTTP API.
import { CommandError, EXIT } from './exit-code.ts';

/** What a relay answered. */
export interface RelayAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly error: string;
}

/** Asks a running relay: POST with a body, else GET. Throws a CommandError when none answers. */
export async function askRelay(base: string, path: string, body?: Uint8Array): Promise<RelayAnswer> {
  const url = parseUrl(base, path);
  try {
    const init = body === undefined ? {} : { method: 'POST', body: new Uint8Array(body) };
    return await readAnswer(url, await fetch(url, init));
  } catch (error) {
    throw noAnswer(url, error);
  }
}

/**
 * Opens a stream that a running relay sends for as long as both want. Throws a CommandError when none answers, or when it
 * refuses; undefined when the signal comes first.
 */
export async function openRelayStream(
  base: string,
  path: string,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const url = parseUrl(base, path);
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch (error) {
    if (signal.aborted) return undefined;
    throw noAnswer(url, error);
  }
  const { status, body, headers } = response;
  const isStream = headers.get('content-type')?.startsWith('text/event-stream') === true;
  if (status === 200 && isStream && body !== null) return body as AsyncIterable<Uint8Array>;
  const { error } = await readAnswer(url, response);
  throw new CommandError(error, status === 400 ? EXIT.usage : EXIT.failed);
}

async function readAnswer(url: URL, response: Response): Promise<RelayAnswer> {
  const text = await response.text();
  const parsed: unknown = parseJson(text);
  const said = (parsed as { error?: unknown } | undefined)?.error;
  const error =
    typeof said === 'string'
      ? `the relay at ${url.host} says ${response.status}: ${said}`
      : `${url.host} answers ${response.status}, but not as this relay does: "${clip(text)}"; --url names the HTTP API of a relay`;
  return { status: response.status, body: parsed, error };
}

function noAnswer(url: URL, error: unknown): CommandError {
  const { cause } = error as { cause?: unknown };
  const why = cause instanceof Error ? describeCause(cause) : (error as Error).message;
  const mend =
    url.protocol === 'https:'
      ? 'a relay itself speaks http; with https before it, this machine must trust the certificate (NODE_EXTRA_CA_CERTS)'
      : '--url names another, and the relay needs http_addr in its config';
  return new CommandError(`no relay answers at ${url.host}: ${why}; ${mend}`);
}

/** OpenSSL's message names its source files, Node's adds what its own flags could do: one clause of either is enough. */
function describeCause(cause: Error & { reason?: unknown }): string {
  return typeof cause.reason === 'string' ? `TLS: ${cause.reason}` : cause.message.split(';', 1)[0]!;
}

/** The beginning of what may be a whole web page. */
function clip(text: string): string {
  return text
    .replaceAll(/[^!-~]+/g, ' ')
    .trim()
    .slice(0, SHOWN_CHARS);
}

const SHOWN_CHARS = 60;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The address of a path below the base, which may itself end in a path where a proxy gives the relay one. */
function parseUrl(base: string, path: string): URL {
  let url: URL | undefined;
  try {
    const whole = base.includes('://') ? base : `http://${base}`;
    url = new URL(`.${path}`, whole.endsWith('/') ? whole : `${whole}/`);
  } catch {
    // Told below.
  }
  if (url !== undefined && (url.username !== '' || url.password !== '')) {
    throw new CommandError('--url: a user name or password in it cannot be used', EXIT.usage);
  }
  if (url !== undefined && /^https?:$/.test(url.protocol) && !/[?#]/.test(base)) return url;
  throw new CommandError(
    `--url "${base}": not like http://127.0.0.1:8081 or https://relay.example.com`,
    EXIT.usage,
  );
}
