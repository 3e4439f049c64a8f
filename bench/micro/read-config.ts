// How long does it take to read a config of a thousand routes, in a process that has just begun, and later?
// `bin/node bench/micro/read-config.ts [ROUTES]` (why src/cli/config-thread.ts is a thread)
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemConfigFiles } from '../../src/cli/config-files.ts';
import { readConfig } from '../../src/cli/read-config.ts';
import { cpuMicros } from '../cpu-micros.ts';

const ROUTES = Number(process.argv[2] ?? 1000);
const TIMES = 10;

const folder = mkdtempSync(join(tmpdir(), 'sluice-config-'));
const file = join(folder, 'sluice.toml');
const routes = Array.from({ length: ROUTES }, (_, i) => {
  return `[[route]]\nkey = "r${i}"\ntype = "sendAllMatch"\nregex = '^servers\\.web${i}\\.'\ndestinations = ["127.0.0.1:${2003 + i}"]\n`;
});
writeFileSync(file, `instance = "bench"\n${routes.join('')}`);
const world = { ...systemConfigFiles, env: {}, hostName: 'bench' };
try {
  for (let time = 1; time <= TIMES; time++) {
    const before = cpuMicros();
    const { config, problems } = readConfig(file, new Map(), world);
    const micros = cpuMicros() - before;
    if (config?.table.routes.length !== ROUTES) throw new Error(JSON.stringify(problems));
    if (time === 1 || time === TIMES) {
      console.log(`time ${time}: ${(micros / 1000).toFixed(0)} ms of CPU for ${ROUTES} routes`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
