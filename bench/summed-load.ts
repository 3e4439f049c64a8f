// A load whose lines are counted and summed up, by a generator and a sink that are processes of their own.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { LoadFailure, LoadReport, LoadRequest } from './load.ts';
import type { SinkReply, SinkRequest } from './sink.ts';

const LOAD_DEADLINE_MS = 240_000;
const SINK_IDLE_MS = 3000;

/** Sends one load and waits for what comes of it. */
export async function load(
  request: LoadRequest,
  copies: number,
  sink: ChildProcess,
  children: ChildProcess[],
) {
  // How many lines pass is known when all are sent; until then the sink waits for more.
  await ask(sink, { expect: Number.MAX_SAFE_INTEGER, idleMs: SINK_IDLE_MS }, 'ready');
  const generator = forkScript('load.ts', children);
  const done = reply(sink, 'done');
  generator.send(request);
  const signal = AbortSignal.timeout(LOAD_DEADLINE_MS);
  const [sent] = (await once(generator, 'message', { signal })) as [LoadReport | LoadFailure];
  if (sent.kind === 'failed') throw new Error(`the load did not get through: ${sent.message}`);
  const expected = sent.passing * copies;
  sink.send({ until: expected } satisfies SinkRequest);
  return { sent, result: await done, expected };
}

/** Starts a script of bench/ as a child process that one can send messages. */
export function forkScript(name: string, children: ChildProcess[]): ChildProcess {
  const child = fork(join(import.meta.dirname, name), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  children.push(child);
  return child;
}

/** Lets a sink listen on so many ports; returns them. */
export async function listenSinks(sink: ChildProcess, count: number): Promise<readonly number[]> {
  const { ports } = await ask(sink, { listen: count }, 'ports');
  return ports;
}

type ReplyOf<K extends SinkReply['kind']> = Extract<SinkReply, { kind: K }>;

function ask<K extends SinkReply['kind']>(
  sink: ChildProcess,
  request: SinkRequest,
  kind: K,
): Promise<ReplyOf<K>> {
  const answer = reply(sink, kind);
  sink.send(request);
  return answer;
}

async function reply<K extends SinkReply['kind']>(sink: ChildProcess, kind: K): Promise<ReplyOf<K>> {
  for (;;) {
    const [message] = (await once(sink, 'message')) as [SinkReply];
    if (message.kind === kind) return message as ReplyOf<K>;
  }
}
