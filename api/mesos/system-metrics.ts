/** What `/metrics/snapshot` tells of the machine, of masters and agents alike. */
import {availableParallelism, freemem, loadavg, totalmem} from 'node:os';

export function systemMetrics(): Readonly<Record<string, number>> {
  const [one = 0, five = 0, fifteen = 0] = loadavg();
  return {
    'system/cpus_total': availableParallelism(),
    'system/load_1min': one,
    'system/load_5min': five,
    'system/load_15min': fifteen,
    'system/mem_free_bytes': freemem(),
    'system/mem_total_bytes': totalmem(),
  };
}
