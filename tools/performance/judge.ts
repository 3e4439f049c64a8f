// What the results say of us: targets met or not, and where a peer is better, with the sentence that says why.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ScenarioResult } from '../../bench/result-file.ts';
import type { Metric, PeerScenario, Target } from '../../bench/scenario.ts';
import { type Behind, cpuRatio, figureOf, findBehind, type Row, summarise } from '../../bench/summary.ts';
import { ROOT } from '../source-files.ts';

/** Why ours is not ahead, and what is planned; `*` among scenarios or peers stands for any. */
export interface Sentence {
  readonly scenarios: readonly string[];
  readonly peers: readonly string[];
  readonly metric: Metric;
  readonly why: string;
  readonly planned: string;
}

/** One line we aim at, and what came of it. */
export interface Verdict {
  readonly scenario: PeerScenario;
  readonly target: Target;
  readonly figure: number;
  readonly isMet: boolean;
  /** Of ours in that scenario. */
  readonly row: Row;
}

/** Where we are behind, with its sentence, if there is one. */
export interface Shortfall extends Behind {
  readonly scenario: string;
  readonly sentence: Sentence | undefined;
}

const LEFT_OUT = new Set(['none', 'sluice-disk']);

/** Reads the sentences beside the scenarios. */
export function readSentences(): Sentence[] {
  return JSON.parse(readFileSync(join(ROOT, 'bench/behind.json'), 'utf8')) as Sentence[];
}

/** Makes a row of each relay that gave figures, ours first. */
export function rowsOf({ measurements }: ScenarioResult): Row[] {
  const relays = [...new Set(measurements.map(({ relay }) => relay))];
  return relays.filter((name) => !LEFT_OUT.has(name)).map((name) => summarise(name, measurements));
}

/** Holds the targets of the scenarios, as they stand now, against results. */
export function judgeTargets(
  scenarios: readonly PeerScenario[],
  results: readonly ScenarioResult[],
): Verdict[] {
  return scenarios.flatMap((scenario) => {
    const result = results.find((one) => one.scenario.name === scenario.name);
    const row = result === undefined ? undefined : rowsOf(result)[0];
    if (result === undefined || row === undefined) return [];
    return (scenario.targets ?? []).flatMap((target): Verdict[] => {
      const figure =
        target.over === undefined
          ? figureOf(row, target.metric)
          : cpuRatio(result.measurements, row.relay, target.over);
      if (Number.isNaN(figure)) return [];
      return [{ scenario, target, figure, isMet: figure <= target.atMost && row.lost === 0, row }];
    });
  });
}

/** Lists where ours is behind a peer. */
export function findShortfalls(
  results: readonly ScenarioResult[],
  sentences: readonly Sentence[],
): Shortfall[] {
  return results.flatMap((result) => {
    const { name, load, kind } = result.scenario;
    const [ours, ...others] = rowsOf(result);
    if (ours === undefined) return [];
    const isPaced = kind === 'trouble' || load.mode.kind === 'paced' || load.mode.kind === 'notes';
    return others
      .filter(({ relay }) => !relay.startsWith('sluice'))
      .flatMap((peer) => findBehind(ours, peer, isPaced))
      .map((behind) => ({ ...behind, scenario: name, sentence: pickSentence(name, behind, sentences) }));
  });
}

/** The sentence for this very scenario and peer comes before those for any. */
function pickSentence(
  scenario: string,
  { peer, metric }: Behind,
  sentences: readonly Sentence[],
): Sentence | undefined {
  const fitting = sentences.filter(
    (one) =>
      one.metric === metric &&
      (one.scenarios.includes('*') || one.scenarios.includes(scenario)) &&
      (one.peers.includes('*') || one.peers.includes(peer)),
  );
  const rank = (one: Sentence): number =>
    (one.scenarios.includes('*') ? 0 : 2) + (one.peers.includes('*') ? 0 : 1);
  return fitting.toSorted((a, b) => rank(b) - rank(a))[0];
}
