// Child processes of a soak: forked, spoken to by messages, ended with the test, stopped ones too.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { SendReply, SendRequest } from './numbered-sender.ts';
import type { SinkReply } from './recording-sink.ts';

const DEADLINE_MS = 170_000;

/** A script of this folder as a process. */
export class Child<Reply extends { readonly kind: string }> {
  readonly process: ChildProcess;

  constructor(t: TestContext, script: string, args: readonly string[] = []) {
    this.process = fork(join(import.meta.dirname, script), args, {
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    t.after(() => this.end());
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  send(message: object): void {
    this.process.send(message);
  }

  /** Waits for the next message of a kind; fails when the process ends before. */
  reply<K extends Reply['kind']>(kind: K): Promise<Extract<Reply, { kind: K }>> {
    return new Promise((resolve, reject) => {
      // One listener until the end: messages that come together would be missed between two.
      const onMessage = (message: Reply): void => {
        if (message.kind !== kind) return;
        finish();
        resolve(message as Extract<Reply, { kind: K }>);
      };
      const onExit = (code: number | null): void => {
        finish();
        reject(new Error(`the process ended with ${code} before it said "${kind}"`));
      };
      const timer = setTimeout(() => {
        finish();
        reject(new Error(`nothing said "${kind}" within ${DEADLINE_MS} ms`));
      }, DEADLINE_MS);
      const finish = (): void => {
        clearTimeout(timer);
        this.process.off('message', onMessage).off('exit', onExit);
      };
      this.process.on('message', onMessage).on('exit', onExit);
    });
  }

  /** Ends it at once. */
  async end(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exited = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await exited;
  }
}

/** Starts a sink that writes what it reads into a folder. */
export async function startRecordingSink(t: TestContext, folder: string, port = 0) {
  const child = new Child<SinkReply>(t, 'recording-sink.ts', [folder, String(port)]);
  const listening = await child.reply('listening');
  return { child, port: listening.port, addr: `127.0.0.1:${listening.port}` };
}

/** Starts a sender whose connections are open, and that sends when `go` is called. */
export async function startSender(t: TestContext, request: SendRequest) {
  const child = new Child<SendReply>(t, 'numbered-sender.ts');
  const open = child.reply('open');
  child.send(request);
  await open;
  return {
    child,
    /** Resolves when all is sent. */
    go: (): Promise<Extract<SendReply, { kind: 'sent' }>> => {
      const sent = child.reply('sent');
      child.send({ go: true });
      return sent;
    },
  };
}
