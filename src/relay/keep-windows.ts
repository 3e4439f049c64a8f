// Open windows across a restart: saved when the relay ends, loaded when it starts. Trouble with the file is one warning;
// without a place for it the windows leave early, with what they hold.
import { decodeWindows, type LoadedWindows } from '../table/aggregator/window-snapshot.ts';
import { TableError } from '../table/table-error.ts';
import type { Log } from '../util/log.ts';
import type { Aggregation, RestoredWindows } from './aggregation.ts';
import type { WindowFile } from './window-file.ts';

/** Loads what the last run saved, if anything. */
export async function loadWindows(
  aggregation: Aggregation,
  file: WindowFile | undefined,
  log: Log,
): Promise<void> {
  if (file === undefined) return;
  let bytes: Buffer | undefined;
  try {
    bytes = await file.take();
  } catch (error) {
    log.warn(`${file.path} cannot be used: ${(error as Error).message}; windows of the last run are lost`);
    return;
  }
  if (bytes === undefined) return;
  const loaded = decodeWindows(bytes);
  const { restored, left } = restore(aggregation, loaded, file, log);
  const lost = loaded.expected - restored;
  if (loaded.damage !== undefined) {
    const share = loaded.expected === 0 ? 'all' : `${lost} of ${loaded.expected}`;
    log.warn(`${file.path} is damaged: ${loaded.damage}; ${share} windows of the last run are lost`);
  } else if (lost > 0) {
    log.warn(`${lost} of ${loaded.expected} windows of the last run found no room and are lost`);
  }
  const gone = left === 0 ? '' : `; ${left} of aggregations that are gone leave now`;
  if (restored > 0) log.info(`aggregation: ${restored} open windows of the last run go on${gone}`);
}

/** A rule that is gone must compile once more; what one version took, another may not. */
function restore(
  aggregation: Aggregation,
  loaded: LoadedWindows,
  file: WindowFile,
  log: Log,
): RestoredWindows {
  try {
    return aggregation.restore(loaded);
  } catch (error) {
    if (!(error instanceof TableError)) throw error;
    log.warn(`${file.path}: ${error.message}`);
    return { restored: 0, left: 0 };
  }
}

/** Saves the open windows; where that is not possible they leave now. Nothing may come in any more. */
export async function saveWindows(
  aggregation: Aggregation,
  file: WindowFile | undefined,
  log: Log,
): Promise<void> {
  aggregation.stop();
  const { windows } = aggregation.windows.stats;
  if (windows === 0) return;
  if (file !== undefined) {
    try {
      await file.write(aggregation.save());
      const left = aggregation.windows.stats.windows;
      log.info(`aggregation: ${left} open windows are kept in ${file.path} for the next start`);
      return;
    } catch (error) {
      log.warn(`${file.path} cannot be written: ${(error as Error).message}`);
    }
  }
  log.info(
    `aggregation: ${windows} open windows leave before their time, there is no spool_dir to keep them`,
  );
  aggregation.flush();
}
