import type {SimResult} from '../result.ts';

/**
 * The run over time as `timeseries.csv`: one row a sample, columns named as in `result.json`
 * (`usedRatio.cpus` is `series.usedRatio.cpus`), so the units stand in the names. Lines end in LF.
 */
export function renderTimeSeries(result: SimResult): string {
  const {series} = result;
  const columns: (readonly [string, readonly number[]])[] = [
    ['atMs', series.atMs],
    ['runningTasks', series.runningTasks],
    ['waitingTasks', series.waitingTasks],
    ['agentsUp', series.agentsUp],
    ...named('usedRatio', series.usedRatio),
    ...named('shareRatio', series.shareRatio),
  ];
  const lines = [columns.map(([name]) => quoted(name)).join(',')];
  for (let row = 0; row < series.atMs.length; row++) {
    lines.push(columns.map(([, values]) => String(values[row] ?? '')).join(','));
  }
  return lines.join('\n') + '\n';
}

function named(
  prefix: string,
  columns: Readonly<Record<string, readonly number[]>>,
): (readonly [string, readonly number[]])[] {
  return Object.entries(columns).map(([name, values]) => [`${prefix}.${name}`, values]);
}

/** Quotes a field as RFC 4180 asks; framework names come from users and may hold anything. */
function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
