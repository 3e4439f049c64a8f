// A strict reader of the Prometheus text format, for tests: whatever it does not know is an error.

export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: Map<string, number>;
}

/** Parses a scrape into its families; the samples are keyed by their labels as sorted JSON. */
export function parsePrometheus(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('no newline at the end');
  const families = new Map<string, Family>();
  const helps = new Map<string, string>();
  let family: { name: string; family: Family } | undefined;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const help = /^# HELP ([a-zA-Z_:][\w:]*) (.+)$/.exec(line);
    const type = /^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram|summary)$/.exec(line);
    if (help !== null) {
      helps.set(help[1] ?? '', help[2] ?? '');
    } else if (type !== null) {
      const name = type[1] ?? '';
      if (families.has(name)) throw new Error(`two families ${name}`);
      family = { name, family: { type: type[2] ?? '', help: helps.get(name) ?? '', samples: new Map() } };
      families.set(name, family.family);
    } else {
      const sample = /^([a-zA-Z_:][\w:]*)(\{.*\})? (\S+)$/.exec(line);
      if (sample === null || family === undefined) throw new Error(`not a sample: ${line}`);
      const isPart =
        ['histogram', 'summary'].includes(family.family.type) && /_(bucket|sum|count)$/.test(sample[1] ?? '');
      if (sample[1] !== family.name && !isPart) throw new Error(`${line} in family ${family.name}`);
      if (isPart) continue;
      const key = parseLabels(sample[2] ?? '{}');
      if (family.family.samples.has(key)) throw new Error(`twice: ${line}`);
      const value = Number((sample[3] ?? '').replace(/^([+-]?)Inf$/, '$1Infinity'));
      if (Number.isNaN(value) && sample[3] !== 'Nan' && sample[3] !== 'NaN')
        throw new Error(`no number: ${line}`);
      family.family.samples.set(key, value);
    }
  }
  return families;
}

/** Renders labels as parsePrometheus keys its samples. */
export function labelKey(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function parseLabels(text: string): string {
  const labels: Record<string, string> = {};
  let rest = text.slice(1, -1);
  while (rest !== '') {
    const label = /^([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|$)/.exec(rest);
    if (label === null) throw new Error(`not labels: ${text}`);
    labels[label[1] ?? ''] = (label[2] ?? '').replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c));
    rest = rest.slice(label[0].length);
  }
  return labelKey(labels);
}
