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
  const { status, body } = response;
  if (status === 200 && body !== null) return body as AsyncIterable<Uint8Array>;
  const { error } = await readAnswer(url, response);
  throw new CommandError(error, status === 400 ? EXIT.usage : EXIT.failed);
}

async function readAnswer(url: URL, response: Response): Promise<RelayAnswer> {
  const text = await response.text();
  const parsed: unknown = parseJson(text);
  const said = (parsed as { error?: unknown } | undefined)?.error;
  const error = `the relay at ${url.host} says ${response.status}: ${typeof said === 'string' ? said : text.slice(0, 200)}`;
  return { status: response.status, body: parsed, error };
}

function noAnswer(url: URL, error: unknown): CommandError {
  const { cause } = error as { cause?: unknown };
  const why = cause instanceof Error ? cause.message : (error as Error).message;
  return new CommandError(
    `no relay answers at ${url.host}: ${why}; --url names another, and the relay needs http_addr in its config`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseUrl(base: string, path: string): URL {
  try {
    const url = new URL(path, base.includes('://') ? base : `http://${base}`);
    if (url.protocol === 'http:') return url;
  } catch {
    // Told below.
  }
  throw new CommandError(`--url "${base}": not like http://127.0.0.1:8081`, EXIT.usage);
}
