/** What steps of suite `allocator` say of agents, frameworks and quota, in the engine's terms. */
import {
  AGENT_CAPABILITIES,
  NO_QUOTA,
  parseLimits,
  type AgentCapability,
  type FrameworkTerms,
  type Quantities,
  type Quota,
  type ScalarKinds,
  type Unavailability,
} from '../engine/index.ts';
import {
  durationMs,
  fieldsOf,
  listOf,
  mapOf,
  quantitiesOf,
  RefusedValue,
  textOf,
  textsOf,
  UnknownInCase,
} from './case.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A list of names, or `all`. */
export function agentCapabilitiesOf(value: unknown): readonly AgentCapability[] {
  if (value === 'all') return AGENT_CAPABILITIES;
  return textsOf(value, 'capabilities').map((name) => {
    const known = AGENT_CAPABILITIES.find((capability) => capability === name);
    if (known === undefined) throw new UnknownInCase(`unknown capability of agents '${name}'`);
    return known;
  });
}

/** Capabilities of frameworks, beside MULTI_ROLE, which every framework of a case has. */
const FRAMEWORK_CAPABILITIES: ReadonlySet<string> = new Set([
  'GPU_RESOURCES',
  'PARTITION_AWARE',
  'REGION_AWARE',
  'RESERVATION_REFINEMENT',
  'REVOCABLE_RESOURCES',
  'SHARED_RESOURCES',
  'TASK_KILLING_STATE',
]);

function frameworkCapabilitiesOf(value: unknown): readonly string[] {
  const capabilities = textsOf(value, 'capabilities');
  const unknown = capabilities.find((name) => !FRAMEWORK_CAPABILITIES.has(name));
  if (unknown === undefined) return ['MULTI_ROLE', ...capabilities];
  throw new UnknownInCase(`unknown capability of frameworks '${unknown}'`);
}

/** Terms of a framework that says nothing but its roles. */
export const NO_TERMS: FrameworkTerms = {
  roles: [],
  suppressed: [],
  capabilities: ['MULTI_ROLE'],
  minAllocatable: {},
  constraints: undefined,
};

/** Fields of a step that are terms; each is optional where `before` is meant to stay. */
export const TERMS: readonly string[] = ['roles', 'capabilities', 'suppressed', 'minAllocatable'];

/** The terms after a step; what it does not name stays. */
export function termsOf(fields: Fields, before: FrameworkTerms): FrameworkTerms {
  const {roles, capabilities, suppressed, minAllocatable} = fields;
  const newRoles = roles === undefined ? before.roles : textsOf(roles, 'roles');
  return {
    ...before,
    roles: newRoles,
    suppressed:
      suppressed === undefined
        ? before.suppressed.filter((role) => newRoles.includes(role))
        : textsOf(suppressed, 'suppressed'),
    capabilities:
      capabilities === undefined ? before.capabilities : frameworkCapabilitiesOf(capabilities),
    minAllocatable:
      minAllocatable === undefined ? before.minAllocatable : minimaByRoleOf(minAllocatable),
  };
}

function minimaByRoleOf(value: unknown): Readonly<Record<string, readonly Quantities[]>> {
  const byRole = Object.entries(mapOf(value, 'minAllocatable'));
  return Object.fromEntries(byRole.map(([role, minima]) => [role, minimaOf(minima)]));
}

/** Alternatives, of which an offer must contain one. */
export function minimaOf(value: unknown): readonly Quantities[] {
  return listOf(value, 'minAllocatable').map((one) => quantitiesOf(one, 'minAllocatable'));
}

/** `{start, duration?}`, each a duration. */
export function unavailabilityOf(value: unknown): Unavailability {
  const {start, duration} = fieldsOf(value, 'unavailability', ['start'], ['duration']);
  return {
    startMs: durationMs(start, 'start'),
    ...(duration !== undefined && {durationMs: durationMs(duration, 'duration')}),
  };
}

/** Thousandths by kind; of a name that is missing, `rest`. */
export function byKind(amounts: Quantities, kinds: ScalarKinds, rest: number): readonly number[] {
  const names = Object.keys(amounts);
  for (const name of names) kinds.indexOf(name);
  return names.length === 0 ? [] : kinds.names.map((name) => amounts[name] ?? rest);
}

export function limitsOf(value: unknown, what: string): Quantities {
  const parsed = parseLimits(textOf(value, what));
  if (!parsed.ok) throw new RefusedValue(`${what}: ${parsed.message}`);
  return parsed.limits;
}

/** Both empty: no quota. */
export function quotaOf(guarantees: unknown, limits: unknown, kinds: ScalarKinds): Quota {
  const quota: Quota = {
    guarantees: byKind(quantitiesOf(guarantees ?? '', 'guarantees'), kinds, 0),
    limits: byKind(limitsOf(limits ?? '', 'limits'), kinds, Infinity),
  };
  return quota.guarantees.length + quota.limits.length === 0 ? NO_QUOTA : quota;
}
