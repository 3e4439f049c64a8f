// Dot charts as SVG text: a row each scenario, a dot each relay, on a logarithmic axis, in the reader's light or dark.
import { chartScale } from '../../src/cli/bench/chart-scale.ts';

/** One value; one that `lost` lines is a cross, since it is that of less work. */
export interface Dot {
  readonly series: string;
  readonly value: number;
  readonly lost: boolean;
  readonly title: string;
}

/** One row of dots; values that are not positive are left out, and rows without any. */
export interface DotRow {
  readonly name: string;
  readonly dots: readonly Dot[];
}

/** What to draw. */
export interface DotChart {
  readonly title: string;
  readonly xLabel: string;
  /** In the order of the legend. */
  readonly series: readonly string[];
  readonly rows: readonly DotRow[];
}

const WIDTH = 860;
const ROW_HEIGHT = 26;
const PLOT = { left: 150, right: 690, top: 46 } as const;
const BELOW = 48;
const LEGEND_STEP = 20;
// Colours that the colour-blind tell apart (Okabe and Ito), those for dark a little lighter.
const LIGHT = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#8a6d00', '#3a9bd8', '#5b5b5b', '#7a3db8'];
const DARK = ['#4fb3f0', '#ff8a3d', '#2fd6a3', '#f0a3cd', '#f0d442', '#9ad4f5', '#bdbdbd', '#c08cf5'];

/** Draws a chart; returns the text of an SVG file. */
export function renderDots({ title, xLabel, series, rows: all }: DotChart): string {
  const rows = all.filter(({ dots }) => dots.some(({ value }) => value > 0));
  const values = rows.flatMap(({ dots }) => dots.map(({ value }) => value)).filter((value) => value > 0);
  const scale = chartScale('log', values, [PLOT.left, PLOT.right], 'data');
  const bottom = PLOT.top + Math.max(rows.length, series.length) * ROW_HEIGHT;
  const height = bottom + BELOW;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    style(),
    `<rect class="back" width="${WIDTH}" height="${height}"/>`,
    `<text class="title" x="16" y="26">${escapeXml(title)}</text>`,
    ...scale.ticks.map(({ at, label }) => {
      const x = round(at);
      return `<path class="grid" d="M${x} ${PLOT.top}V${bottom}"/><text class="tick" x="${x}" y="${bottom + 17}" text-anchor="middle">${label}</text>`;
    }),
    `<text class="label" x="${(PLOT.left + PLOT.right) / 2}" y="${bottom + 38}" text-anchor="middle">${escapeXml(xLabel)}</text>`,
    ...rows.flatMap((row, index) =>
      renderRow(row, PLOT.top + (index + 0.5) * ROW_HEIGHT, series, scale.place),
    ),
    ...series.map((name, index) => renderLegend(name, index)),
    '</svg>\n',
  ].join('\n');
}

function renderRow(
  { name, dots }: DotRow,
  y: number,
  series: readonly string[],
  place: (value: number) => number,
): string[] {
  const shown = dots.filter(({ value }) => value > 0);
  return [
    `<text class="label" x="${PLOT.left - 10}" y="${y + 4}" text-anchor="end">${escapeXml(name)}</text>`,
    `<path class="grid" d="M${PLOT.left} ${y}H${PLOT.right}"/>`,
    ...shown.map((dot) => {
      const index = series.indexOf(dot.series);
      const x = round(place(dot.value));
      const title = `<title>${escapeXml(dot.title)}</title>`;
      return dot.lost
        ? `<path class="${markOf(index)} cross" d="M${x - 5} ${y - 5}l10 10m0 -10l-10 10">${title}</path>`
        : `<circle class="${markOf(index)}" cx="${x}" cy="${y}" r="5">${title}</circle>`;
    }),
  ];
}

function renderLegend(name: string, index: number): string {
  const x = PLOT.right + 30;
  const y = PLOT.top + 10 + index * LEGEND_STEP;
  return `<circle class="${markOf(index)}" cx="${x}" cy="${y}" r="5"/><text class="label" x="${x + 12}" y="${y + 4}">${escapeXml(name)}</text>`;
}

/** Beyond the colours a series is a ring. */
function markOf(index: number): string {
  return `s${index % LIGHT.length}${index >= LIGHT.length ? ' ring' : ''}`;
}

function style(): string {
  const marks = (colours: readonly string[]): string =>
    colours.map((colour, index) => `.s${index}{stroke:${colour};fill:${colour}}`).join('');
  return [
    '<style>',
    'text{font:12px system-ui,sans-serif;fill:#333;stroke:none}.title{font-size:15px;font-weight:600}',
    '.tick{font-size:11px;fill:#666}.back{fill:#fff}.grid{stroke:#e4e4e4}circle{fill-opacity:.85;stroke-width:2}.cross{fill:none;stroke-width:2.5}',
    `${marks(LIGHT)}.ring{fill:none}`,
    '@media (prefers-color-scheme:dark){text{fill:#ddd}.tick{fill:#aaa}.back{fill:#16181c}.grid{stroke:#30343a}',
    `${marks(DARK)}.ring{fill:none}}`,
    '</style>',
  ].join('\n');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
