import type {ReadContext} from './read-context.ts';
import {amount, RowReader, seconds, thousandths} from './row-reader.ts';
import type {NumberRule} from './row-reader.ts';
import type {Pod, PodTrace} from './trace.ts';

const mib: NumberRule = {...amount, expected: 'a number of MiB, 0 or more'};
const gpuCount: NumberRule = {
  expected: 'a whole number of GPUs from 0 to 1024',
  scale: 1,
  min: 0,
  max: 1024,
  whole: true,
};
const gpuShare: NumberRule = {
  expected: 'a whole number of thousandths of a GPU from 0 to 1000',
  scale: 1,
  min: 0,
  max: 1000,
  whole: true,
};
const timeOrNever: NumberRule = {
  ...seconds,
  expected: 'a number of seconds, 0 or more, or nothing',
  blank: Infinity,
};

/** The pods of openb (Alibaba GPU cluster, 2023), in order of creation. */
export function parseOpenbPods({table, log, name}: ReadContext): PodTrace {
  const rows = new RowReader(table, log);
  const pods: Pod[] = [];
  const names = new Set<string>();
  const columns = podColumns(table.columns);
  while (rows.next()) {
    const pod = readPod(rows, columns);
    if (names.has(pod.name)) rows.problem(columns.name, 'a name that no earlier row has');
    if (!rows.isGood) continue;
    names.add(pod.name);
    pods.push(pod);
  }
  pods.sort((left, right) => left.createdAtMs - right.createdAtMs);
  return {kind: 'pods', name, pods, skipped: log.finish(table.file, pods.length)};
}

type PodColumns = ReturnType<typeof podColumns>;

function podColumns(columns: readonly string[]) {
  const at = (column: string): number => columns.indexOf(column);
  return {
    name: at('name'),
    cpus: at('cpu_milli'),
    mem: at('memory_mib'),
    gpus: at('num_gpu'),
    gpuMilli: at('gpu_milli'),
    gpuSpec: at('gpu_spec'),
    qos: at('qos'),
    phase: at('pod_phase'),
    created: at('creation_time'),
    deleted: at('deletion_time'),
    scheduled: at('scheduled_time'),
  };
}

function readPod(rows: RowReader, columns: PodColumns): Pod {
  const count = rows.number(columns.gpus, gpuCount);
  const each = rows.number(columns.gpuMilli, gpuShare);
  if (count > 1 && each < 1000) rows.problem(columns.gpuMilli, '1000 where num_gpu is above 1');
  const createdAtMs = rows.number(columns.created, seconds);
  const deletedAtMs = rows.number(columns.deleted, timeOrNever);
  const scheduledAtMs = rows.number(columns.scheduled, timeOrNever);
  const notBefore = `a time at or after creation_time ${createdAtMs / 1000}`;
  if (deletedAtMs < createdAtMs) rows.problem(columns.deleted, notBefore);
  if (scheduledAtMs < createdAtMs) rows.problem(columns.scheduled, notBefore);
  return {
    name: rows.name(columns.name, 'the name of a pod'),
    cpusMilli: rows.number(columns.cpus, thousandths),
    memMilli: rows.number(columns.mem, mib),
    gpuCount: count,
    gpuMilliEach: each,
    gpusMilli: count * each,
    gpuModels: rows
      .text(columns.gpuSpec)
      .split('|')
      .filter((model) => model !== ''),
    qos: rows.text(columns.qos),
    phase: rows.text(columns.phase),
    createdAtMs,
    deletedAtMs,
    scheduledAtMs: scheduledAtMs === Infinity ? undefined : scheduledAtMs,
  };
}
