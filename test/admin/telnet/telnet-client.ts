// A telnet client for tests: sends lines, waits for the banner that follows each answer.
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { BANNER } from '../../../src/admin/telnet/telnet-commands.ts';
import { waitUntil } from '../../input/wait-until.ts';

export class TelnetClient {
  readonly socket: Socket;
  #text = '';
  #banners = 0;
  ended = false;

  private constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.socket.on('data', (bytes: Buffer) => (this.#text += bytes.toString()));
    this.socket.on('end', () => (this.ended = true));
    this.socket.on('close', () => (this.ended = true));
    this.socket.on('error', () => {});
  }

  /** Connects and waits for the first banner. */
  static async open(port: number, t: TestContext): Promise<TelnetClient> {
    const client = new TelnetClient(port);
    t.after(() => client.socket.destroy());
    await client.#answer();
    return client;
  }

  /** Sends a command and resolves to what was answered before the next banner. */
  async ask(command: string): Promise<string> {
    this.socket.write(`${command}\n`);
    return await this.#answer();
  }

  /** Everything that came. */
  get text(): string {
    return this.#text;
  }

  /** Waits until the server has ended the connection. */
  async untilEnded(): Promise<string> {
    await waitUntil('the connection has ended', () => this.ended);
    return this.#text;
  }

  async #answer(): Promise<string> {
    const banners = this.#banners;
    const isAnswered = () => this.#text.split(BANNER).length - 1 > banners;
    await waitUntil('an answer', () => isAnswered() || this.ended);
    if (!isAnswered()) throw new Error('the server ended the connection');
    this.#banners = banners + 1;
    return this.#text.split(BANNER)[banners] ?? '';
  }
}
