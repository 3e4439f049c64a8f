// The settings of carbon's [relay] and [aggregator] sections: which of them say something for this relay.
import type { ImportReport } from './import-report.ts';
import type { IniSection } from './ini-file.ts';

/** Read by the import itself. */
const USED: ReadonlySet<string> = new Set([
  'LINE_RECEIVER_INTERFACE',
  'LINE_RECEIVER_PORT',
  'PICKLE_RECEIVER_INTERFACE',
  'PICKLE_RECEIVER_PORT',
  'PICKLE_RECEIVER_MAX_LENGTH',
  'METRIC_CLIENT_IDLE_TIMEOUT',
  'RELAY_METHOD',
  'ROUTER_HASH_TYPE',
  'REPLICATION_FACTOR',
  'DIVERSE_REPLICAS',
  'TAG_RELAY_NORMALIZED',
  'DESTINATIONS',
  'DESTINATION_PROTOCOL',
  'DESTINATION_TRANSPORT',
  'DYNAMIC_ROUTER',
  'DESTINATIONS_POOL_REPLICAS',
  'USE_WHITELIST',
  'FORWARD_ALL',
]);

/** Not needed here: queues, batches, keep-alive and flow control need no tuning; users and logs are the system's. */
const NOT_NEEDED =
  /^(MAX_QUEUE_SIZE|MAX_DATAPOINTS_PER_MESSAGE|QUEUE_LOW_WATERMARK_PCT|TIME_TO_DEFER_SENDING|USE_FLOW_CONTROL|USE_RATIO_RESET|MIN_RESET_\w+|TCP_KEEP\w+|USER|PID_DIR|LOG_\w+|ENABLE_LOGROTATION|CONF_DIR|STORAGE_DIR|LOCAL_DATA_DIR|CARBON_METRIC_\w+|USE_INSECURE_UNPICKLER|DYNAMIC_ROUTER_MAX_RETRIES|MAX_AGGREGATION_INTERVALS|WRITE_BACK_FREQUENCY|MAX_RECEIVER_CONNECTIONS|ENABLE_UDP_LISTENER|UDP_RECEIVER_\w+|DESTINATION_SSL_CA|ENABLE_TAGS|DATABASE)$/;

export class CarbonSettings {
  readonly #section: IniSection;
  readonly #report: ImportReport;

  constructor(section: IniSection, report: ImportReport) {
    this.#section = section;
    this.#report = report;
    for (const { name, place } of section.entries) {
      const upper = name.toUpperCase();
      if (!USED.has(upper) && !NOT_NEEDED.test(upper)) report.missed(place, `${name} is not known here`);
    }
  }

  get name(): string {
    return this.#section.name;
  }

  placeOf(name: string): { readonly file: string; readonly line: number } {
    return (
      this.#section.entries.find((entry) => entry.name.toUpperCase() === name)?.place ?? this.#section.place
    );
  }

  text(name: string, fallback = ''): string {
    return this.#section.entries.findLast((entry) => entry.name.toUpperCase() === name)?.value ?? fallback;
  }

  isOn(name: string, fallback = false): boolean {
    const text = this.text(name).toLowerCase();
    return text === '' ? fallback : ['true', 'yes', 'on', '1'].includes(text);
  }

  /** Says that a setting is not translated. */
  missed(name: string, message: string): void {
    this.#report.missed(this.placeOf(name), message);
  }

  /** `host:port` of a listener; empty when its port is 0. */
  address(kind: 'LINE' | 'PICKLE', port: string): string {
    const host = this.text(`${kind}_RECEIVER_INTERFACE`, '0.0.0.0');
    const given = this.text(`${kind}_RECEIVER_PORT`, port);
    return given === '0' || given === '' ? '' : `${host.includes(':') ? `[${host}]` : host}:${given}`;
  }
}
