// Line charts as SVG text: self-contained, without scripts, in the reader's light or dark.
import { chartScale, type ScaleKind } from './chart-scale.ts';

/** One line of a chart; on a logarithmic axis points that are not positive are left out, NaN breaks the line. */
export interface ChartSeries {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** What to draw. */
export interface Chart {
  readonly title: string;
  /** A line below the chart: how it was measured. */
  readonly note?: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xScale: ScaleKind;
  readonly yScale: ScaleKind;
  readonly series: readonly ChartSeries[];
}

const WIDTH = 860;
const HEIGHT = 440;
const PLOT = { left: 76, top: 46, bottom: 366 } as const;
const RIGHT_MARGIN = 20;
const LEGEND_SWATCH = 26;
const LEGEND_STEP = 20;
const CHAR_WIDTH = 6.8;
const LEGEND_WIDTH_MAX = 300;
const MARKED_POINTS_MAX = 40;
const PATH_POINTS_MAX = 2000;

// Colours that the colour-blind tell apart (Okabe and Ito), those for dark a little lighter; after eight, dashes.
const LIGHT = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#8a6d00', '#3a9bd8', '#5b5b5b', '#7a3db8'];
const DARK = ['#4fb3f0', '#ff8a3d', '#2fd6a3', '#f0a3cd', '#f0d442', '#9ad4f5', '#bdbdbd', '#c08cf5'];
const DASHES = ['', '7 4', '2 3'];

/** Draws a chart; returns the text of an SVG file. */
export function renderChart(chart: Chart): string {
  const legendWidth = measureLegend(chart.series);
  const right = WIDTH - RIGHT_MARGIN - legendWidth;
  const points = chart.series.flatMap((one) => one.points).filter(([x, y]) => canDraw(chart, x, y));
  const x = chartScale(
    chart.xScale,
    points.map(([value]) => value),
    [PLOT.left, right],
    'data',
  );
  const y = chartScale(
    chart.yScale,
    points.map(([, value]) => value),
    [PLOT.bottom, PLOT.top],
    'zero',
  );
  const middle = round((PLOT.left + right) / 2);
  const centre = (PLOT.top + PLOT.bottom) / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">`,
    `<title>${escapeXml(chart.title)}</title>`,
    style(),
    `<rect class="back" width="${WIDTH}" height="${HEIGHT}"/>`,
    `<text class="title" x="${PLOT.left}" y="26">${escapeXml(chart.title)}</text>`,
    ...x.ticks.map(({ at, label }) => verticalTick(round(at), label)),
    ...y.ticks.map(({ at, label }) => horizontalTick(round(at), label, right)),
    `<path class="axis" d="M${PLOT.left} ${PLOT.top}V${PLOT.bottom}H${round(right)}"/>`,
    `<text class="label" x="${middle}" y="${PLOT.bottom + 38}" text-anchor="middle">${escapeXml(chart.xLabel)}</text>`,
    `<text class="label" transform="translate(18 ${centre}) rotate(-90)" text-anchor="middle">${escapeXml(chart.yLabel)}</text>`,
    ...chart.series.map((one, index) => drawSeries(chart, one, index, x.place, y.place)),
    ...(legendWidth > 0 ? chart.series.map((one, index) => legendRow(one.name, index, right)) : []),
    ...(chart.note === undefined
      ? []
      : [`<text class="note" x="${PLOT.left}" y="${HEIGHT - 12}">${escapeXml(chart.note)}</text>`]),
    '</svg>\n',
  ].join('\n');
}

/** A chart of one series needs no legend: its title says what it is. */
function measureLegend(series: readonly ChartSeries[]): number {
  if (series.length < 2) return 0;
  const longest = Math.max(...series.map(({ name }) => name.length));
  return Math.min(LEGEND_WIDTH_MAX, LEGEND_SWATCH + 22 + longest * CHAR_WIDTH);
}

function canDraw({ xScale, yScale }: Chart, x: number, y: number): boolean {
  return (
    Number.isFinite(x) && Number.isFinite(y) && (xScale !== 'log' || x > 0) && (yScale !== 'log' || y > 0)
  );
}

function drawSeries(
  chart: Chart,
  { points, name }: ChartSeries,
  index: number,
  placeX: (value: number) => number,
  placeY: (value: number) => number,
): string {
  const every = Math.max(1, Math.ceil(points.length / PATH_POINTS_MAX));
  let path = '';
  let marks = '';
  let isOpen = false;
  for (const [nth, [x, y]] of points.entries()) {
    if (nth % every !== 0 && nth !== points.length - 1) continue;
    if (!canDraw(chart, x, y)) {
      isOpen = false;
      continue;
    }
    const [left, top] = [round(placeX(x)), round(placeY(y))];
    path += `${isOpen ? 'L' : 'M'}${left} ${top}`;
    if (points.length <= MARKED_POINTS_MAX) marks += `<circle cx="${left}" cy="${top}" r="3"/>`;
    isOpen = true;
  }
  return `<g class="s${index % LIGHT.length}"><title>${escapeXml(name)}</title><path${dash(index)} d="${path}"/>${marks}</g>`;
}

function legendRow(name: string, index: number, right: number): string {
  const left = round(right + 18);
  const top = PLOT.top + 8 + index * LEGEND_STEP;
  return (
    `<g class="s${index % LIGHT.length}"><path${dash(index)} d="M${left} ${top}h${LEGEND_SWATCH - 6}"/>` +
    `<text class="label" x="${round(left + LEGEND_SWATCH)}" y="${top + 4}">${escapeXml(name)}</text></g>`
  );
}

function dash(index: number): string {
  const pattern = DASHES[Math.floor(index / LIGHT.length) % DASHES.length] ?? '';
  return pattern === '' ? '' : ` stroke-dasharray="${pattern}"`;
}

function verticalTick(at: number, label: string): string {
  return (
    `<path class="grid" d="M${at} ${PLOT.top}V${PLOT.bottom}"/>` +
    `<text class="tick" x="${at}" y="${PLOT.bottom + 17}" text-anchor="middle">${label}</text>`
  );
}

function horizontalTick(at: number, label: string, right: number): string {
  return (
    `<path class="grid" d="M${PLOT.left} ${at}H${round(right)}"/>` +
    `<text class="tick" x="${PLOT.left - 7}" y="${at + 4}" text-anchor="end">${label}</text>`
  );
}

function style(): string {
  const strokes = (colours: readonly string[]): string =>
    colours.map((colour, index) => `.s${index}{stroke:${colour};fill:${colour}}`).join('');
  return [
    '<style>',
    'text{font:12px system-ui,sans-serif;fill:#333;stroke:none}.title{font-size:15px;font-weight:600}',
    '.tick,.note{font-size:11px;fill:#666}.back{fill:#fff}path{fill:none}.grid{stroke:#e4e4e4}.axis{stroke:#888}',
    `${strokes(LIGHT)}g>path{stroke-width:2;stroke-linejoin:round}`,
    '@media (prefers-color-scheme:dark){text{fill:#ddd}.tick,.note{fill:#aaa}.back{fill:#16181c}.grid{stroke:#30343a}',
    `${strokes(DARK)}}`,
    '</style>',
  ].join('\n');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
