/**
 * Every figure of a result under the path by which the report calls it: keys joined by points,
 * entries of lists by their name (or resource), else by their place. Written apart from the report,
 * to check it.
 */
export function metricsOf(value: unknown, path = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null) return new Map([[path, String(value)]]);
  const entries = Array.isArray(value)
    ? value.map((entry: unknown, index) => [nameOf(entry) ?? String(index), entry] as const)
    : Object.entries(value);
  const metrics = new Map<string, string>();
  for (const [key, entry] of entries) {
    const below = metricsOf(entry, path === '' ? key : `${path}.${key}`);
    for (const [name, text] of below) metrics.set(name, text);
  }
  return metrics;
}

function nameOf(entry: unknown): string | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  if ('name' in entry && typeof entry.name === 'string') return entry.name;
  if ('resource' in entry && typeof entry.resource === 'string') return entry.resource;
  return undefined;
}

/** Figures that a report must show, whatever else it shows. */
export const KEY_METRICS: readonly string[] = [
  'tasks.submitted',
  'tasks.placed',
  'tasks.finished',
  'tasks.failed',
  'tasks.killed',
  'tasks.lost',
  'tasks.running',
  'tasks.waiting',
  'waiting.p50Ms',
  'waiting.p95Ms',
  'waiting.p99Ms',
  'waiting.maxMs',
  'utilisation.cpus.meanRatio',
  'utilisation.cpus.peakRatio',
  'frameworkShares.batch.meanRatio',
  'roleShares.services.peakRatio',
  'frameworks.batch.tasks.finished',
  'frameworks.batch.makespanMs',
  'waitingReasons.0.tasks',
  'expectations.0.failedAtMs',
  'skippedRows.jobs.csv',
  'agents.lost',
  'events',
  'endMs',
  'machine.virtualToRealRatio',
  'machine.memoryPeakMiB',
  'seed',
  'runHash',
];
