// Numbers for people: counts, sizes, ages, and tables of them.

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Renders a size: `12.3 MiB`. */
export function renderBytes(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${UNITS[unit]}`;
}

/** Renders a time span by its two largest units: `3h12m`. */
export function renderAge(ms: number): string {
  const sec = Math.max(0, Math.floor(ms / 1000));
  const parts = [
    [Math.floor(sec / 86_400), 'd'],
    [Math.floor(sec / 3600) % 24, 'h'],
    [Math.floor(sec / 60) % 60, 'm'],
    [sec % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0s';
  return parts
    .slice(first, first + 2)
    .map(([count, unit]) => `${count}${unit}`)
    .join('');
}

/** Renders rows, the first of which is the heading; columns in `right` are set right. */
export function renderTable(
  rows: readonly (readonly string[])[],
  options: { readonly right: readonly number[] },
): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        options.right.includes(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}
