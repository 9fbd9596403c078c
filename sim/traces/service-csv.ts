import type {ReadContext} from './read-context.ts';
import {amount, RowReader, seconds} from './row-reader.ts';
import type {NumberRule} from './row-reader.ts';
import type {Service, ServiceTrace, WaitFigures} from './trace.ts';

const mbPerGiB = 1024;

const gib: NumberRule = {...amount, expected: 'a number of GiB, 0 or more', scale: mbPerGiB * 1000};
const percent: NumberRule = {...amount, expected: 'a number of percent, 0 or more'};
const perNode: NumberRule = {
  expected: 'a whole number from 1, or -1 for no limit',
  scale: 1,
  min: -1,
  whole: true,
};
const optionalSeconds: NumberRule = {
  ...seconds,
  expected: 'a number of seconds, 0 or more, or nothing',
  blank: Number.NaN,
};

/** What all instances of a service have in common. */
export interface ServiceShape {
  readonly app: string;
  readonly role: string;
  readonly cpusMilli: number;
  readonly memMilli: number;
  readonly diskMilli: number;
  readonly gpusMilli: number;
  readonly rdmaMilli: number;
  readonly maxPerNode: number | undefined;
}

interface Instance {
  readonly createdAtMs: number;
  readonly deletedAtMs: number;
}

/**
 * The DLRM services table of Alibaba (2025). One row is one instance; rows of one application,
 * role and request (with max_instance_per_node) are one service. Requests are read, limits only
 * checked.
 */
export function parseDlrmServices({table, log, name}: ReadContext): ServiceTrace {
  const rows = new RowReader(table, log);
  const services = new ServiceGroups();
  const waitsMs: number[] = [];
  let endMs = 0;
  const columns = dlrmColumns(table.columns);
  const limits = table.columns.flatMap((column, at) => (column.endsWith('_limit') ? [at] : []));
  while (rows.next()) {
    const shape = readShape(rows, columns);
    for (const limit of limits) rows.number(limit, amount);
    rows.name(columns.instance, 'the name of an instance');
    const created = rows.number(columns.created, optionalSeconds);
    const scheduled = rows.number(columns.scheduled, optionalSeconds);
    const deleted = rows.number(columns.deleted, optionalSeconds);
    const notBefore = `a time at or after creation_time ${created / 1000}`;
    if (scheduled < created) rows.problem(columns.scheduled, notBefore);
    if (deleted < created) rows.problem(columns.deleted, notBefore);
    if (!rows.isGood) continue;
    services.add(shape, {
      createdAtMs: Number.isNaN(created) ? 0 : created,
      deletedAtMs: Number.isNaN(deleted) ? Infinity : deleted,
    });
    if (scheduled >= created) waitsMs.push(scheduled - created);
    for (const time of [created, scheduled, deleted]) if (time > endMs) endMs = time;
  }
  const skipped = log.finish(table.file, services.instances);
  const waits = waitFigures(waitsMs);
  return {
    kind: 'services',
    name,
    services: services.finish(),
    instances: services.instances,
    endMs,
    waits,
    skipped,
  };
}

type DlrmColumns = ReturnType<typeof dlrmColumns>;

function dlrmColumns(columns: readonly string[]) {
  const at = (column: string): number => columns.indexOf(column);
  return {
    instance: at('instance_sn'),
    role: at('role'),
    app: at('app_name'),
    cpus: at('cpu_request'),
    gpus: at('gpu_request'),
    rdma: at('rdma_request'),
    mem: at('memory_request'),
    disk: at('disk_request'),
    maxPerNode: at('max_instance_per_node'),
    created: at('creation_time'),
    scheduled: at('scheduled_time'),
    deleted: at('deletion_time'),
  };
}

function readShape(rows: RowReader, columns: DlrmColumns): ServiceShape {
  const maxPerNode = rows.number(columns.maxPerNode, perNode);
  if (maxPerNode === 0) rows.problem(columns.maxPerNode, perNode.expected);
  return {
    app: readWord(rows, columns.app, 'the name of an application'),
    role: readWord(rows, columns.role, 'a role'),
    cpusMilli: rows.number(columns.cpus, amount),
    memMilli: rows.number(columns.mem, gib),
    diskMilli: rows.number(columns.disk, gib),
    gpusMilli: rows.number(columns.gpus, amount),
    rdmaMilli: rows.number(columns.rdma, percent),
    maxPerNode: maxPerNode === -1 ? undefined : maxPerNode,
  };
}

function readWord(rows: RowReader, cell: number, what: string): string {
  const word = rows.text(cell);
  if (pathWord(word) === '') rows.problem(cell, `${what}, with a letter or digit of ASCII in it`);
  return word;
}

/** A word as Marathon takes it in a path: lower-case letters, digits and inner dashes. */
function pathWord(word: string): string {
  return word
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, '-')
    .replaceAll(/^-|-$/gu, '');
}

/** Gathers instances into services and gives each service an id of its own. */
export class ServiceGroups {
  readonly #groups = new Map<string, {readonly shape: ServiceShape; readonly rows: Instance[]}>();
  #instances = 0;

  get instances(): number {
    return this.#instances;
  }

  add(shape: ServiceShape, instance: Instance): void {
    const key = JSON.stringify(Object.values(shape));
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = {shape, rows: []};
      this.#groups.set(key, group);
    }
    group.rows.push(instance);
    this.#instances += 1;
  }

  /**
   * Services in order of their first instance; so are the numbers of an application's further
   * shapes.
   */
  finish(): Service[] {
    const taken = new Set<string>();
    return [...this.#groups.values()].map(({shape, rows}) => {
      const base = `/dlrm/${pathWord(shape.app)}/${pathWord(shape.role)}`;
      let id = base;
      for (let serial = 2; taken.has(id); serial += 1) id = `${base}-${serial}`;
      taken.add(id);
      const ordered = rows.sort((left, right) => left.createdAtMs - right.createdAtMs);
      return {
        id,
        ...shape,
        createdAtMs: Float64Array.from(ordered, (row) => row.createdAtMs),
        deletedAtMs: Float64Array.from(ordered, (row) => row.deletedAtMs),
      };
    });
  }
}

/** Nearest rank: the k-th of n sorted values, k = ⌈share × n⌉. */
function waitFigures(waitsMs: readonly number[]): WaitFigures | undefined {
  const count = waitsMs.length;
  if (count === 0) return undefined;
  const sorted = Float64Array.from(waitsMs).sort();
  const quantile = (percent: number): number => sorted[Math.ceil((percent * count) / 100) - 1] ?? 0;
  const sum = sorted.reduce((total, wait) => total + wait, 0);
  return {
    count,
    meanMs: sum / count,
    p50Ms: quantile(50),
    p90Ms: quantile(90),
    p99Ms: quantile(99),
    maxMs: quantile(100),
  };
}
