import type {ReadContext} from './read-context.ts';
import {amount, RowReader, taskCount, thousandths, wholeAmount} from './row-reader.ts';
import type {NumberRule} from './row-reader.ts';
import type {NodeList, TraceNode} from './trace.ts';

const mib: NumberRule = {...amount, expected: 'a number of MiB, 0 or more'};

/** A column of a node list that gives an amount of one resource. */
interface ScalarColumn {
  readonly cell: number;
  readonly resource: string;
  readonly rule: NumberRule;
}

interface AttributeColumn {
  readonly cell: number;
  readonly attribute: string;
}

interface NodeColumns {
  readonly name: number;
  readonly scalars: readonly ScalarColumn[];
  readonly attributes: readonly AttributeColumn[];
  /** How many nodes a row stands for; -1: one. */
  readonly count: number;
}

/** The nodes of openb (Alibaba GPU cluster, 2023): `sn,cpu_milli,memory_mib,gpu,model`. */
export function parseOpenbNodes(context: ReadContext): NodeList {
  const at = (column: string): number => context.table.columns.indexOf(column);
  return readNodes(context, {
    name: at('sn'),
    scalars: [
      {cell: at('cpu_milli'), resource: 'cpus', rule: thousandths},
      {cell: at('memory_mib'), resource: 'mem', rule: mib},
      {cell: at('gpu'), resource: 'gpus', rule: wholeAmount},
    ],
    attributes: [{cell: at('model'), attribute: 'gpu_model'}],
    count: -1,
  });
}

/** The nodes of Alibaba's spot cluster (2026). The trace gives neither memory nor disk. */
export function parseSpotNodes(context: ReadContext): NodeList {
  const at = (column: string): number => context.table.columns.indexOf(column);
  return readNodes(context, {
    name: at('node_name'),
    scalars: [
      {cell: at('cpu_num'), resource: 'cpus', rule: amount},
      {cell: at('gpu_capacity_num'), resource: 'gpus', rule: wholeAmount},
    ],
    attributes: [{cell: at('gpu_model'), attribute: 'gpu_model'}],
    count: -1,
  });
}

const plainScalars = [
  {column: 'cpus', resource: 'cpus', rule: amount},
  {column: 'mem_mb', resource: 'mem', rule: amount},
  {column: 'disk_mb', resource: 'disk', rule: {...amount, blank: 0}},
  {column: 'gpus', resource: 'gpus', rule: {...wholeAmount, blank: 0}},
] as const;
const scalarPrefix = 'scalar:';

/**
 * Drydock's own list: `hostname,cpus,mem_mb[,disk_mb,gpus,count]`, `scalar:NAME` for any further
 * resource, and every other column (`rack`, `zone`, …) an attribute of that name.
 */
export function parsePlainNodes(context: ReadContext): NodeList {
  const {columns} = context.table;
  const scalars: ScalarColumn[] = [];
  const attributes: AttributeColumn[] = [];
  for (const [cell, column] of columns.entries()) {
    const known = plainScalars.find((scalar) => scalar.column === column);
    if (known !== undefined) scalars.push({cell, ...known});
    else if (column.startsWith(scalarPrefix)) {
      const resource = column.slice(scalarPrefix.length);
      scalars.push({cell, resource, rule: {...amount, blank: 0}});
    } else if (column !== 'hostname' && column !== 'count') {
      attributes.push({cell, attribute: column});
    }
  }
  return readNodes(context, {
    name: columns.indexOf('hostname'),
    scalars,
    attributes,
    count: columns.indexOf('count'),
  });
}

function readNodes({table, log, name}: ReadContext, columns: NodeColumns): NodeList {
  const rows = new RowReader(table, log);
  const nodes: TraceNode[] = [];
  const names = new Set<string>();
  while (rows.next()) {
    const nodeName = rows.name(columns.name, 'the name of a node');
    const copies = columns.count === -1 ? 1 : rows.number(columns.count, taskCount);
    const scalars = new Map<string, number>();
    for (const {cell, resource, rule} of columns.scalars) {
      const value = rows.number(cell, rule);
      if (value > 0) scalars.set(resource, value);
    }
    const attributes = new Map<string, string>();
    for (const {cell, attribute} of columns.attributes) {
      const text = rows.text(cell);
      if (text !== '') attributes.set(attribute, text);
    }
    if (nodes.length + copies > nodesMax) rows.problem(columns.count, `at most ${nodesMax} nodes`);
    // With a `count` the names are numbered, also when it is 1: a later edit of the count keeps
    // them.
    const copyNames =
      columns.count === -1 || !rows.isGood
        ? [nodeName]
        : Array.from({length: copies}, (_, index) => `${nodeName}-${index + 1}`);
    const isTaken = copyNames.some((copy) => names.has(copy));
    if (isTaken) rows.problem(columns.name, 'a name that no earlier row has');
    if (!rows.isGood) continue;
    for (const copy of copyNames) {
      names.add(copy);
      nodes.push({name: copy, scalars, attributes});
    }
  }
  return {kind: 'nodes', name, nodes, skipped: log.finish(table.file, nodes.length)};
}

const nodesMax = 1_000_000;
