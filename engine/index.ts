/**
 * The engine's front door: all that the rest of the house may import of it.
 */
export {
  createEngine,
  restoreEngine,
  SNAPSHOT_VERSION,
  type Engine,
  type EngineSnapshot,
} from './engine.ts';
export {type AgentView, EngineView, type WaitingExplanation} from './view.ts';
export type {Input, InputKind, AgentTask, BatchJob} from './inputs.ts';
export type {Effect, EffectKind} from './effects.ts';
export {
  ALLOCATOR_DEFAULTS,
  BATCH_DEFAULTS,
  MARATHON_DEFAULTS,
  MASTER_DEFAULTS,
  type AllocatorOptions,
  type BatchOptions,
  type EngineOptions,
  type FrameworkOptions,
  type MarathonOptions,
  type MasterOptions,
} from './options.ts';
export type {
  AgentInfo,
  AttributeValue,
  Framework,
  FrameworkChange,
  FrameworkEvent,
  FrameworkInfo,
  FrameworkReply,
  FrameworkServices,
  Offer,
  Quantities,
  Refusal,
  SchedulerDriver,
  StatusReason,
  StatusUpdate,
  TaskLaunch,
  TaskOrigin,
  TaskState,
  WaitingGroup,
} from './scheduler.ts';
export {isTerminal} from './master/records.ts';
export {
  fromWire,
  parseAmounts,
  printAmounts,
  printThousandths,
  thousandths,
  toWire,
  type Amounts,
  type AmountsResult,
  type WireResource,
} from './resources/amounts.ts';
export {
  addResources,
  containsResources,
  equalResources,
  NO_RESOURCES,
  ScalarKinds,
  scalarOf,
  subtractResources,
  type Resources,
} from './resources/vector.ts';
export {
  addRanges,
  containsRanges,
  countRanges,
  makeRanges,
  subtractRanges,
  type Ranges,
} from './resources/ranges.ts';
export {Allocator, type Grant, type Subscriber} from './allocator/allocator.ts';
export type {AgentSlot} from './allocator/agent-table.ts';
export {DrfSorter, Pool, type Client} from './allocator/drf-sorter.ts';
export {Agenda, type AgendaSnapshot} from './kernel/agenda.ts';
export {assert, InvariantError, must, unreachable} from './kernel/assert.ts';
export {makeRandom, Random, type RandomState} from './kernel/random.ts';
export {
  agentIdOf,
  frameworkIdOf,
  isValidId,
  offerIdOf,
  taskIdOf,
  type AgentId,
  type FrameworkId,
  type OfferId,
  type TaskId,
} from './kernel/ids.ts';
