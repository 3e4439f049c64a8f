// Writes what is rendered from the declarations (docs/config.md, docs/sluice.example.toml, docs/metrics.md and the dashboards)
// and from the results in bench/results/ (docs/performance.md and its plots).
// A test compares them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderPerformancePage, renderPerformancePlots } from './performance/render-page.ts';
import { readPageSource } from './performance/source.ts';
import { renderConfigReference, renderSampleConfig } from './render-config-docs.ts';
import { renderDashboard } from './render-dashboards.ts';
import { renderMetricsReference } from './render-metrics-docs.ts';
import { ROOT } from './source-files.ts';

mkdirSync(join(ROOT, 'docs'), { recursive: true });
writeFileSync(join(ROOT, 'docs/config.md'), renderConfigReference());
writeFileSync(join(ROOT, 'docs/sluice.example.toml'), renderSampleConfig());
writeFileSync(join(ROOT, 'docs/metrics.md'), renderMetricsReference());
mkdirSync(join(ROOT, 'dashboards'), { recursive: true });
writeFileSync(join(ROOT, 'dashboards/sluice-prometheus.json'), renderDashboard('prometheus'));
writeFileSync(join(ROOT, 'dashboards/sluice-graphite.json'), renderDashboard('graphite'));

const source = readPageSource();
writeFileSync(join(ROOT, 'docs/performance.md'), renderPerformancePage(source));
mkdirSync(join(ROOT, 'bench/results'), { recursive: true });
for (const [name, text] of Object.entries(renderPerformancePlots(source))) {
  writeFileSync(join(ROOT, 'bench/results', name), text);
}
