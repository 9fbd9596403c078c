/**
 * The traces that a scenario refers to, read or synthesised, and the rules of time zones: what the
 * virtual world and the engine need beside it.
 */
import {UTC_ONLY} from '../engine/index.ts';
import type {TimeZones} from '../engine/index.ts';
import type {JobTrace, NodeList, OutageTrace, PodTrace, ServiceTrace} from './traces/trace.ts';

export interface Supplies {
  /** By name of the agent group. */
  readonly nodes: ReadonlyMap<string, NodeList>;
  /** By name of the workload, as the next two. */
  readonly jobs: ReadonlyMap<string, JobTrace>;
  readonly services: ReadonlyMap<string, ServiceTrace>;
  readonly pods: ReadonlyMap<string, PodTrace>;
  /** By index of the failure process. */
  readonly outages: ReadonlyMap<number, OutageTrace>;
  /** Rules of time zones, for schedules. */
  readonly timeZones: TimeZones;
  /** Rows that lenient reading left out, by file as the scenario names it. */
  readonly skippedRows: Readonly<Record<string, number>>;
  /** What was made up because there is no trace, to be printed with the assumptions. */
  readonly notes: readonly string[];
}

export const NO_SUPPLIES: Supplies = {
  nodes: new Map(),
  jobs: new Map(),
  services: new Map(),
  pods: new Map(),
  outages: new Map(),
  timeZones: UTC_ONLY,
  skippedRows: {},
  notes: [],
};
