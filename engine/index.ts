/**
 * The engine's front door: all that the rest of the house may import of it.
 */
export {
  createEngine,
  restoreEngine,
  succeedEngine,
  SNAPSHOT_VERSION,
  type Engine,
  type EngineSnapshot,
  type Succession,
} from './engine.ts';
export {
  type AgentView,
  EngineView,
  type FrameworkView,
  type RoleView,
  type TaskView,
  type WaitingExplanation,
} from './view.ts';
export type {Input, InputKind, AgentTask, BatchJob, OperatorRequest} from './inputs.ts';
export type {Effect, EffectKind} from './effects.ts';
export type {Probe, ProbeOutcome, ProbeResult} from './probes.ts';
export {
  ALLOCATOR_DEFAULTS,
  BATCH_DEFAULTS,
  CHRONOS_PRESETS,
  chronosOptions,
  MARATHON_DEFAULTS,
  MASTER_DEFAULTS,
  type AllocatorOptions,
  type BatchOptions,
  type ChronosOptions,
  type ChronosPreset,
  type EngineOptions,
  type FrameworkOptions,
  type MarathonOptions,
  type MasterOptions,
  type QuotaConfig,
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
  OfferOperation,
  Quantities,
  InverseOffer,
  Refusal,
  SchedulerDriver,
  StatusReason,
  StatusUpdate,
  TaskLaunch,
  TaskOrigin,
  TaskState,
  Unavailability,
  WaitingGroup,
} from './scheduler.ts';
export {isTerminal} from './master/records.ts';
export {parseAgentResources} from './resources/agent-resources.ts';
export {parseAmounts, printAmounts, type Amounts, type AmountsResult} from './resources/amounts.ts';
export {entriesOf} from './resources/entries.ts';
export {findResources} from './resources/find.ts';
export {
  applyConversion,
  applyOperation,
  conversionsOf,
  type Conversion,
  type Operation,
} from './resources/operations.ts';
export {
  addQuantities,
  containsLimits,
  containsQuantities,
  limitsMinus,
  parseLimits,
  parseQuantities,
  printQuantities,
  quantitiesOf,
  subtractQuantities,
  withinLimits,
  type Limits,
} from './resources/quantities.ts';
export {
  allocate,
  popReservation,
  pushReservation,
  reservationAncestor,
  toUnreserved,
  unallocate,
} from './resources/reservations.ts';
export {ancestorsOf, isStrictSubrole, parseRoles, validRole} from './resources/role-names.ts';
export {
  allocatableTo,
  allocatedTo,
  named,
  nonRevocable,
  nonShared,
  persistentVolumes,
  reserved,
  revocable,
  shared,
  stripped,
  unreserved,
} from './resources/select.ts';
export {shrinkToLimits, shrinkToQuantities} from './resources/shrink.ts';
export {isCounted, type Entry, type Reservation} from './resources/special.ts';
export {printThousandths, thousandths} from './resources/thousandths.ts';
export {parseValue, type Value} from './resources/values.ts';
export {downgrade, fromWire, readResource, toWire} from './resources/wire.ts';
export type {WireResource} from './resources/wire-form.ts';
export {Fifo} from './kernel/fifo.ts';
export {ScalarKinds} from './resources/kinds.ts';
export {
  addResources,
  containsResources,
  equalResources,
  NO_RESOURCES,
  scalarOf,
  subtractResources,
  type Resources,
} from './resources/vector.ts';
export {
  addRanges,
  containsRanges,
  countRanges,
  equalRanges,
  makeRanges,
  printRanges,
  subtractRanges,
  type Ranges,
} from './resources/ranges.ts';
export {Allocator} from './allocator/allocator.ts';
export type {
  AgentChange,
  AgentSetup,
  AgentUsage,
  InverseGrant,
  RunResult,
  Usage,
} from './allocator/terms.ts';
export {AGENT_CAPABILITIES, type AgentCapability} from './allocator/agent-facts.ts';
export {Durations} from './allocator/durations.ts';
export {allocatorMetrics, type MetricFacts, type Metrics} from './allocator/metrics.ts';
export type {Grant} from './allocator/cycle.ts';
export type {FrameworkTerms, Subscriber} from './allocator/subscribers.ts';
export {NO_QUOTA, type Quota, type Role} from './allocator/role-tree.ts';
export {sortedClients, type Sorter} from './allocator/sorter.ts';
export {Ledger} from './allocator/ledger.ts';
export {OfferFilters} from './allocator/offer-filters.ts';
export {RandomSorter} from './allocator/random-sorter.ts';
export {WeightedDraw} from './allocator/weighted-draw.ts';
export type {AgentSlot} from './allocator/agent-table.ts';
export {DrfSorter} from './allocator/drf-sorter.ts';
export {Pool} from './allocator/pool.ts';
export type {Allocation, Client} from './allocator/client-tree.ts';
export {
  attributesOf,
  compileOfferConstraints,
  excludes,
  type AttributeList,
  type ConstrainedAgent,
  type ConstraintError,
  type OfferConstraints,
  type OfferConstraintsData,
  type OfferConstraintsOptions,
  type OfferConstraintsResult,
} from './allocator/offer-constraints.ts';
export {pairsOf} from './resources/ranges.ts';
export {REGEX_LIMITS, type RegexLimits} from './kernel/regex/regex.ts';
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
export {canonicalPath} from './frameworks/marathon/definition/path-id.ts';
export {isoInstant, localText, parseInstant} from './kernel/instants.ts';
export {
  fixedZone,
  UTC_ONLY,
  ZoneBook,
  type TimeZones,
  type Zone,
  type ZoneChange,
  type ZoneNames,
  type ZoneOffsets,
  type ZoneSpan,
} from './kernel/time-zones.ts';
// What Marathon decides by, each on its own: the conformance suites ask it directly.
export type {
  App,
  AppDefinition,
  HealthCheck,
  NormaliseConfig,
} from './frameworks/marathon/definition/app-definition.ts';
export {
  mergeUpdate,
  normaliseApp,
  normaliseUpdate,
  type Normalised,
} from './frameworks/marathon/definition/normalise.ts';
export {
  assignServicePorts,
  servicePortsOf,
  withServicePorts,
} from './frameworks/marathon/definition/service-ports.ts';
export {nextVersion} from './frameworks/marathon/definition/versions.ts';
export {dependencyDepths} from './frameworks/marathon/deploy/dependencies.ts';
export {planSteps, type PlanSteps} from './frameworks/marathon/deploy/plan.ts';
export {
  RollingUpgrade,
  type UpgradeCapacity,
  type UpgradeDecisions,
  type UpgradeEvent,
  type UpgradeInstance,
  type UpgradeRecord,
} from './frameworks/marathon/deploy/rolling-upgrade.ts';
export {proposeScaling, type ScalableInstance} from './frameworks/marathon/deploy/scaling.ts';
export {
  isPlaced,
  isTerminal as isTerminalCondition,
} from './frameworks/marathon/instances/instances.ts';
export {KillService, type KillClock} from './frameworks/marathon/instances/kill-service.ts';
export {
  backoffEffect,
  BackoffTable,
  deadlineMs as backoffDeadline,
} from './frameworks/marathon/launch/backoff.ts';
export {
  compileConstraint,
  constraintFault,
  satisfies,
} from './frameworks/marathon/launch/constraints.ts';
export {fieldOf} from './frameworks/placement/agent-fields.ts';
export {Placements} from './frameworks/marathon/launch/placements.ts';
export {
  pickPorts,
  portRanges,
  wantedPorts,
  type WantedPort,
} from './frameworks/marathon/launch/ports.ts';
export type {
  AgentHealthCheck,
  CheckedPort,
  ContainerNetwork,
  ContainerPort,
  ContainerSpec,
  ContainerVolume,
  FetchedUri,
  TaskCommand,
  TaskSpec,
} from './executor/task-spec.ts';
export {taskSpecOf} from './executor/task-spec-of.ts';
export type {HttpAnswer} from './frameworks/http/answers.ts';
export type {HttpRequest} from './frameworks/http/http-request.ts';
export {APP_FIELDS} from './frameworks/marathon/definition/app-shape.ts';
export {legacyForm} from './frameworks/marathon/definition/legacy-form.ts';
export {validateUpdate} from './frameworks/marathon/definition/validate-update.ts';
export {healthOf} from './frameworks/marathon/health/aggregate.ts';
export {
  healthRecordFrom,
  isAlive,
  takeVerdict,
  type HealthRecord,
  type Verdict,
} from './frameworks/marathon/health/health-record.ts';
export {verdictOf} from './frameworks/marathon/health/probe-result.ts';
export {healthTarget} from './frameworks/marathon/health/probe-target.ts';
export {judge as judgeOffer, offerFacts} from './frameworks/marathon/launch/judge.ts';
export {LaneStats, SeenAgents} from './frameworks/marathon/launch/lane-stats.ts';
export {OfferLeft} from './frameworks/placement/offer-left.ts';
export {offerTerms} from './frameworks/marathon/launch/offer-terms.ts';
export {funnelOf, type FunnelRow} from './frameworks/marathon/launch/queue-view.ts';
export {MARATHON_REASONS, reasonNames, REASONS} from './frameworks/marathon/launch/reasons.ts';
export {makeRunSpec} from './frameworks/marathon/launch/run-spec.ts';
export {pickDisks} from './frameworks/marathon/launch/volumes.ts';
export {
  ancestorsOf as groupsAround,
  isBelow,
  parentOf,
  type AppChange,
  type Group,
  type RootChange,
} from './frameworks/marathon/root/groups.ts';
export {revertChange, type EditableRoot} from './frameworks/marathon/root/revert.ts';
// What Chronos reads and decides by, each on its own: the conformance suites ask it directly.
export {admit as admitJob} from './frameworks/chronos/definition/admission.ts';
export type {JobDefinition} from './frameworks/chronos/definition/job-definition.ts';
export {readChronosJob} from './frameworks/chronos/definition/read-chronos-job.ts';
export {readMetronomeJob} from './frameworks/chronos/definition/read-metronome-job.ts';
export {readTrigger} from './frameworks/chronos/definition/trigger.ts';
export {chronosEnv} from './frameworks/chronos/launch/task-env.ts';
export {
  argumentsText,
  buildTaskId,
  commandWith,
  parseTaskId,
} from './frameworks/chronos/runs/task-id.ts';
// A Chronos by itself, for previews.
export {Chronos} from './frameworks/chronos/chronos.ts';
export {parentsOf} from './frameworks/chronos/definition/job-definition.ts';
export type {ChronosEvent} from './frameworks/chronos/events.ts';
export {isExhausted} from './frameworks/chronos/jobs/job.ts';
export {standingJob} from './frameworks/chronos/jobs/standing-job.ts';
// What Chronos decides by, each on its own.
export {cronTimetable} from './frameworks/chronos/schedule/cron-slots.ts';
export {parseCron, printCron, type Cron, type DayRule} from './frameworks/chronos/schedule/cron.ts';
export {dstNote, type DstNote} from './frameworks/chronos/schedule/dst-note.ts';
export {intervalTimetable, slotAt} from './frameworks/chronos/schedule/interval-slots.ts';
export {
  parseInterval,
  printInterval,
  type Interval,
  type IntervalResult,
} from './frameworks/chronos/schedule/interval.ts';
export {parsePeriod, printPeriod, type Period} from './frameworks/chronos/schedule/period.ts';
export type {Timetable} from './frameworks/chronos/schedule/timetable.ts';
