// Clusters of carbon-c-relay: what kind of route each is, and its members as destination strings.
import type { RouteType } from '../../table/options.ts';
import type { Statement } from './c-relay-statements.ts';
import { WordReader } from './c-relay-statements.ts';
import type { ImportPlace, ImportReport } from './import-report.ts';
import type { SectionKeys } from './imported-config.ts';
import { usableDestinations } from './usable.ts';

export interface Cluster {
  readonly name: string;
  readonly type: RouteType;
  /** Keys have fixed places among its members. */
  readonly isHash: boolean;
  readonly options: SectionKeys;
  readonly destinations: readonly string[];
}

const TYPES: Readonly<Record<string, RouteType>> = {
  forward: 'sendAllMatch',
  any_of: 'any_of',
  failover: 'failover',
  // Its ring is that of carbon-relay-ng.
  carbon_ch: 'consistentHashing',
  fnv1a_ch: 'fnv1a_ch',
  jump_fnv1a_ch: 'jump_fnv1a_ch',
  file: 'sendAllMatch',
};
const HASHES: ReadonlySet<string> = new Set(['carbon_ch', 'fnv1a_ch', 'jump_fnv1a_ch']);
const DEFAULT_PORT = 2003;

/** Reads `cluster <name> <type> … <member> …`; undefined when nothing of it can be used. */
export function readCluster(statement: Statement, report: ImportReport): Cluster | undefined {
  const words = new WordReader(statement);
  words.take('cluster');
  const name = words.next();
  const { place } = words;
  const kind = words.next();
  const type = TYPES[kind];
  if (type === undefined) {
    report.missed(place, `cluster ${name}: there is no type ${kind}`);
    return undefined;
  }
  let replication = 1;
  for (let isOption = true; isOption; ) {
    isOption = false;
    if (words.take('replication')) {
      replication = Number(words.next());
      if (!Number.isInteger(replication) || replication < 1) {
        report.missed(place, `cluster ${name}: its replication is no count`);
        replication = 1;
      }
      isOption = true;
    } else if (words.take('dynamic')) {
      isOption = true;
      report.missed(place, `cluster ${name}: dynamic (lines of a member that is away wait on disk for it)`);
    } else if (words.take('useall')) {
      isOption = true;
      report.missed(place, `cluster ${name}: useall (a name with several addresses is one destination here)`);
    } else if (kind === 'file' && words.take('ip')) isOption = true;
  }
  const destinations = readMembers(words, kind === 'file', name, report);
  if (destinations.length === 0) {
    report.missed(place, `cluster ${name} has no member that can be used`);
    return undefined;
  }
  const isHash = HASHES.has(kind);
  if (kind === 'carbon_ch' && destinations.length > 1 && destinations.some((text) => text.startsWith('['))) {
    report.missed(place, `cluster ${name}: an IPv6 address in a carbon_ch: give its host name`);
    return undefined;
  }
  // A ring of one is that one.
  if (isHash && destinations.length === 1)
    return { name, type: 'sendAllMatch', isHash: false, options: [], destinations };
  const options: SectionKeys = [
    [
      'replication_factor',
      isHash && replication > 1 ? Math.min(replication, destinations.length) : undefined,
    ],
    ['hash_name_only', isHash || kind === 'any_of' ? true : undefined],
  ];
  return { name, type, isHash, options, destinations };
}

function readMembers(words: WordReader, isFile: boolean, name: string, report: ImportReport): string[] {
  const destinations: string[] = [];
  while (!words.isDone) {
    const { place } = words;
    const member = words.next();
    const problems: string[] = [];
    for (let isOption = true; isOption; ) {
      isOption = false;
      for (const option of ['proto', 'type', 'transport']) {
        if (!words.take(option)) continue;
        isOption = true;
        const value = words.next();
        if (!['tcp', 'linemode', 'plain'].includes(value)) problems.push(`${option} ${value}`);
      }
      if (words.take('ssl')) {
        isOption = true;
        problems.push('ssl');
      }
    }
    if (problems.length > 0) {
      report.missed(
        place,
        `cluster ${name}: member ${member} with ${problems.join(', ')}, which is left out`,
      );
    } else {
      const text = isFile ? `file:${member}` : renderMember(member, place, report);
      destinations.push(...usableDestinations([text], place, report));
    }
  }
  return destinations;
}

/** `host`, `host:port`, `[v6]:port`, each with `=instance`. */
function renderMember(member: string, place: ImportPlace, report: ImportReport): string {
  const [address = '', instance] = member.split('=', 2);
  const bracketed = /^(\[[^\]]+\])(?::(\d+))?$/.exec(address);
  const plain = /^([^:]+)(?::(\d+))?$/.exec(address);
  const bare = /^(.*:.*):(\d+)$/.exec(address);
  const host = bracketed?.[1] ?? plain?.[1] ?? (bare === null ? address : `[${bare[1]}]`);
  const port = bracketed?.[2] ?? plain?.[2] ?? bare?.[2] ?? String(DEFAULT_PORT);
  if (instance !== undefined && /[:\s]/.test(instance))
    report.missed(place, `the instance ${instance} of ${address}`);
  return `${host}:${port}${instance === undefined ? '' : `:${instance}`}`;
}
