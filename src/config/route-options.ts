// The keys of a `[[route]]`. Those of the cloud routes are known, so that a config is read whole, but not built yet.
import type { Option, OptionType } from '../util/option.ts';
import { HASH_DEFAULTS } from '../table/options.ts';
import { REPLICATION_FACTOR_MAX, ROUTE_TYPES } from '../table/route/route-type-options.ts';
import { MATCHER_OPTIONS } from './matcher-options.ts';

/** crng's route types that this version refuses to start with: to ignore one would swallow its metrics. */
export const REFUSED_ROUTE_TYPES: readonly string[] = ['grafanaNet', 'kafkaMdm', 'pubsub', 'cloudWatch'];

const HASH: readonly Option[] = [
  {
    name: 'replication_factor',
    type: 'int',
    default: HASH_DEFAULTS.replicationFactor,
    min: 1,
    max: REPLICATION_FACTOR_MAX,
    doc: 'Routes that hash: how many destinations get each key.',
    status: 'active',
  },
  {
    name: 'diverse_replicas',
    type: 'bool',
    default: HASH_DEFAULTS.diverseReplicas,
    doc: 'carbon_ch, carbon_fnv1a_ch: copies of a key go to different hosts, as with DIVERSE_REPLICAS of carbon.',
    status: 'active',
  },
  {
    name: 'tag_relay_normalized',
    type: 'bool',
    default: HASH_DEFAULTS.tagRelayNormalized,
    doc: 'Routes that hash: a key counts with its tags in order, as with TAG_RELAY_NORMALIZED of carbon. The line itself keeps them as they came.',
    status: 'active',
  },
  {
    name: 'hash_name_only',
    type: 'bool',
    default: HASH_DEFAULTS.hashNameOnly,
    doc: 'Routes that hash: a key counts without its tags, as carbon-c-relay does unless it is told that ; is a letter.',
    status: 'active',
  },
];

/** The names of keys that only routes of a hash type look at. */
export const HASH_ROUTE_KEYS: readonly string[] = HASH.map(({ name }) => name);

const CARBON: readonly Option[] = [
  { name: 'key', type: 'string', default: '', doc: 'Names the route.', status: 'active' },
  {
    name: 'type',
    type: 'choice',
    required: true,
    choices: [...ROUTE_TYPES.map(({ name }) => name), ...REFUSED_ROUTE_TYPES],
    doc: `${ROUTE_TYPES.map(({ name, doc }) => `${name}: ${doc}`).join('; ')}. ${REFUSED_ROUTE_TYPES.join(', ')} are not built yet: a config that has one does not start. For hashes and groups see hashing.md.`,
    status: 'active',
  },
  ...MATCHER_OPTIONS,
  {
    name: 'destinations',
    type: 'strings',
    default: [],
    doc: 'Where the metrics go: "host:port[:instance] [option=value …]" or "file:PATH [option=value …]".',
    status: 'active',
  },
  {
    name: 'stop',
    type: 'bool',
    default: false,
    doc: 'Later routes do not see what this one took.',
    status: 'active',
  },
  ...HASH,
];

const CLOUD: readonly Option[] = [
  cloud('addr', 'string', 'grafanaNet: where to send.'),
  { ...cloud('apiKey', 'string', 'grafanaNet: the key.'), secret: true },
  cloud('schemasFile', 'string', 'grafanaNet, kafkaMdm: storage-schemas.conf.'),
  cloud('aggregationFile', 'string', 'grafanaNet: storage-aggregation.conf.'),
  cloud('sslverify', 'bool', 'grafanaNet: check the certificate.'),
  cloud('spool', 'bool', 'grafanaNet: ignored by carbon-relay-ng.'),
  cloud('blocking', 'bool', 'Wait when the buffer is full.'),
  cloud('concurrency', 'int', 'grafanaNet: connections at once.'),
  cloud('bufSize', 'int', 'Metrics in memory.'),
  cloud('flushMaxNum', 'int', 'Metrics of one message.'),
  cloud('flushMaxSize', 'int', 'pubsub, cloudWatch: size of one message.'),
  cloud('flushMaxWait', 'millis', 'Longest a metric waits.'),
  cloud('timeout', 'millis', 'grafanaNet, kafkaMdm: of one request.'),
  cloud('orgId', 'int', 'grafanaNet, kafkaMdm: the organisation.'),
  cloud('errBackoffMin', 'millis', 'grafanaNet: first pause after an error.'),
  cloud('errBackoffFactor', 'float', 'grafanaNet: growth of that pause.'),
  cloud('brokers', 'strings', 'kafkaMdm: the brokers.'),
  cloud('topic', 'string', 'kafkaMdm, pubsub: the topic.'),
  cloud('codec', 'string', 'kafkaMdm, pubsub: the compression.'),
  cloud('partitionBy', 'string', 'kafkaMdm: what decides the partition.'),
  cloud('tlsEnabled', 'bool', 'kafkaMdm: use TLS.'),
  cloud('tlsSkipVerify', 'bool', 'kafkaMdm: do not check the certificate.'),
  cloud('tlsClientCert', 'string', 'kafkaMdm: file of the certificate.'),
  cloud('tlsClientKey', 'string', 'kafkaMdm: file of its key.'),
  cloud('saslEnabled', 'bool', 'kafkaMdm: log in.'),
  cloud('saslMechanism', 'string', 'kafkaMdm: how to log in.'),
  cloud('saslUsername', 'string', 'kafkaMdm: user name.'),
  { ...cloud('saslPassword', 'string', 'kafkaMdm: password.'), secret: true },
  cloud('project', 'string', 'pubsub: the project.'),
  cloud('format', 'string', 'pubsub: plain or pickle.'),
  cloud('region', 'string', 'cloudWatch: the region.'),
  cloud('namespace', 'string', 'cloudWatch: the namespace.'),
  cloud('dimensions', 'strings', 'cloudWatch: pairs of name and value.'),
  cloud('storageResolution', 'int', 'cloudWatch: resolution in seconds.'),
  cloud('profile', 'string', 'cloudWatch: ignored by carbon-relay-ng.'),
];

/** Every key of a `[[route]]`. */
export const ROUTE_OPTIONS: readonly Option[] = [...CARBON, ...CLOUD];

/** The names of keys that mean nothing to the routes that are built. */
export const CLOUD_ROUTE_KEYS: ReadonlySet<string> = new Set(CLOUD.map((option) => option.name));

function cloud(name: string, type: OptionType, doc: string): Option {
  return {
    name,
    type,
    doc,
    status: 'later',
    feature: 'the routes to Grafana Cloud, Kafka, Pub/Sub and CloudWatch',
  };
}
