// Makes the listeners that a config asks for. Behind them all is one dispatcher of lines: pickle becomes lines before it.
import { countOpenDescriptors, readDescriptorLimit } from '../input/descriptor-limit.ts';
import type { Dispatcher } from '../input/dispatcher.ts';
import { NetworkInput, type NetworkInputDependencies } from '../input/network-input.ts';
import type { InputOptions } from '../input/options.ts';
import { PickleDispatcher } from '../input/pickle/pickle-dispatcher.ts';
import type { Measuring } from './make-measuring.ts';
import { MeteredDispatcher } from './metered-dispatcher.ts';
import { NamedDoor, type NamingDispatcher } from './named-door.ts';

/** Descriptors kept for destinations, files and admin connections. */
const DESCRIPTOR_RESERVE = 64;

/** What the inputs need of the relay. */
export interface InputsDependencies extends Pick<NetworkInputDependencies, 'clock' | 'log' | 'lookup'> {
  readonly lines: NamingDispatcher;
  /** Measures what each listener reads; absent: nothing does. */
  readonly measuring: Pick<Measuring, 'traffic' | 'readClock'> | undefined;
}

/** Makes the inputs, plain before pickle; nothing listens before their start. */
export function makeInputs(options: InputOptions, dependencies: InputsDependencies): NetworkInput[] {
  const { lines, measuring, ...world } = dependencies;
  const { listenAddr, pickleAddr, plainReadTimeoutMs, pickleReadTimeoutMs } = options;
  const descriptorLimit = readDescriptorLimit();
  const descriptorsOpen = countOpenDescriptors() ?? 0;
  const make = (kind: 'plain' | 'pickle', addr: string, readTimeoutMs: number, dispatcher: Dispatcher) =>
    new NetworkInput(
      { ...options, kind, addr, readTimeoutMs, descriptorReserve: DESCRIPTOR_RESERVE },
      { ...world, dispatcher, descriptorLimit, descriptorsOpen },
    );
  const doorOf = (input: 'plain' | 'pickle', addr: string): Dispatcher => {
    const door = new NamedDoor(lines, input);
    if (measuring === undefined) return door;
    const { traffic, readClock } = measuring;
    const meters = {
      stream: traffic.add({ input, protocol: 'tcp', addr }),
      datagram: traffic.add({ input, protocol: 'udp', addr }),
    };
    return new MeteredDispatcher(door, meters, readClock);
  };
  const inputs: NetworkInput[] = [];
  if (listenAddr !== '') {
    inputs.push(make('plain', listenAddr, plainReadTimeoutMs, doorOf('plain', listenAddr)));
  }
  if (pickleAddr !== '') {
    const bounds = { frameBytesMax: options.pickleBytesMax, lineBytesMax: options.lineBytesMax };
    const pickles = new PickleDispatcher(bounds, { ...world, lines: doorOf('pickle', pickleAddr) });
    inputs.push(make('pickle', pickleAddr, pickleReadTimeoutMs, pickles));
  }
  return inputs;
}
