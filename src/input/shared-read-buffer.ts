// Reading many connections through one buffer. Node reads each packet into fresh memory; with `onread` a socket reads
// into memory of ours, but only one that we make ourselves, so the handle of an accepted socket is moved to a new one.
// Costs a third less CPU per tiny packet (bench/micro/tcp-receive.ts).
//
// The bytes are valid only inside `onRead`: the next read of any connection overwrites them.
import { type BoundSocket, Socket } from 'node:net';

/** What Node's types leave out. */
interface WithHandle {
  _handle: { readonly fd?: number } | null | undefined;
}

/**
 * Moves an accepted socket, paused and never read, to one that reads into `buffer`. `onRead` gets the count of bytes at
 * its start and returns false to pause. Returns undefined, the socket untouched, where Node does not show the handle.
 */
export function moveToSharedBuffer(
  accepted: Socket,
  buffer: Uint8Array,
  onRead: (sizeBytes: number) => boolean,
): Socket | undefined {
  const handle = (accepted as unknown as WithHandle)._handle;
  if (handle === null || handle === undefined) return undefined;
  // What is left of it is garbage. The server goes on counting it: do not wait for the server's `close`.
  (accepted as unknown as WithHandle)._handle = null;
  // Any handle will do, whatever its type says.
  const adopted = handle as unknown as BoundSocket;
  return new Socket({ handle: adopted, allowHalfOpen: true, onread: { buffer, callback: onRead } });
}

/** Tells the descriptor of a socket, -1 when Node does not show it. */
export function descriptorOf(socket: Socket): number {
  return (socket as unknown as WithHandle)._handle?.fd ?? -1;
}
