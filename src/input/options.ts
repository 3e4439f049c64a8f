// The options of the plain and the pickle input, declared once, and the same as plain data.
import type { Option } from '../util/option.ts';

/** Options of the config file that concern the plain and the pickle input. */
export const INPUT_OPTIONS: readonly Option[] = [
  {
    name: 'listen_addr',
    type: 'string',
    default: '',
    doc: 'Address of the plaintext listener, TCP and UDP: "host:port" or ":port" for all interfaces; empty: no such listener.',
    status: 'active',
  },
  {
    name: 'plain_read_timeout',
    type: 'duration',
    default: '2m',
    doc: 'A plaintext connection that sends nothing for this long is closed; "0s": never.',
    status: 'active',
  },
  {
    name: 'pickle_addr',
    type: 'string',
    default: '',
    doc: 'Address of the pickle listener, TCP and UDP, in the form of listen_addr; empty: no such listener.',
    status: 'active',
  },
  {
    name: 'pickle_read_timeout',
    type: 'duration',
    default: '2m',
    doc: 'A pickle connection that sends nothing for this long is closed; "0s": never.',
    status: 'active',
  },
  {
    name: 'pickle_max_bytes',
    type: 'bytes',
    default: 16 * 1024 * 1024,
    unit: 'bytes',
    min: 1024,
    // As much as carbon-relay-ng takes.
    max: 500 * 1024 * 1024,
    doc: 'Longest pickle message accepted; a longer one counts as invalid and closes its connection (carbon itself takes 1 MiB).',
    status: 'active',
  },
  {
    name: 'max_connections',
    type: 'int',
    default: 0,
    unit: 'connections',
    min: 0,
    doc: 'Most connections open at once on each of the plaintext and the pickle listener, give or take a few; 0: as many as the limit of file descriptors allows.',
    status: 'active',
  },
  {
    name: 'max_line_bytes',
    type: 'bytes',
    default: 65_535,
    unit: 'bytes',
    min: 64,
    // As much as the records of the engine hold.
    max: 65_535,
    doc: 'Longest line accepted, newline not counted; a longer one counts as invalid, its connection stays open.',
    status: 'active',
  },
  {
    name: 'tcp_backlog',
    type: 'int',
    default: 4096,
    unit: 'connections',
    min: 1,
    max: 65_535,
    doc: 'Connections that may wait to be accepted; the system caps it (net.core.somaxconn).',
    status: 'active',
  },
  {
    name: 'udp_receive_buffer',
    type: 'bytes',
    default: 8 * 1024 * 1024,
    unit: 'bytes',
    min: 4096,
    max: 1024 * 1024 * 1024,
    doc: 'Receive buffer asked of the system for UDP; the size granted is logged (the cap is net.core.rmem_max).',
    status: 'active',
  },
];

/** What INPUT_OPTIONS say, parsed. */
export interface InputOptions {
  /** As written; "": no plain listener. */
  readonly listenAddr: string;
  /** 0: off. */
  readonly plainReadTimeoutMs: number;
  /** As written; "": no pickle listener. */
  readonly pickleAddr: string;
  /** 0: off. */
  readonly pickleReadTimeoutMs: number;
  /** Longest pickle, its length not counted. */
  readonly pickleBytesMax: number;
  /** 0: derived from the limit of file descriptors. */
  readonly connectionsMax: number;
  /** Newline not counted. */
  readonly lineBytesMax: number;
  readonly tcpBacklog: number;
  readonly udpReceiveBufferBytes: number;
}
