/** Agents, frameworks, offers and roles as Mesos's classic endpoints show them (reference 4.5). */
import {
  addQuantities,
  isTerminal,
  quantitiesOf,
  type AgentView,
  type Amounts,
  type EngineView,
  type FrameworkView,
  type Offer,
  type Quantities,
  type RoleView,
  type ScalarKinds,
} from '../../engine/index.ts';
import type {MasterIdentity, Place} from '../cluster.ts';
import {attributesForm} from './attributes-form.ts';
import {MESOS_BUILD} from './build.ts';
import type {SeenAgent} from './cluster-counts.ts';
import {pidOf} from './pid.ts';
import {
  AmountsTotal,
  fullForms,
  reservedForms,
  reservedFullForms,
  resourceForm,
  unreservedForm,
  unreservedFullForms,
} from './resource-form.ts';

const NOTHING: Amounts = {scalars: {}};

/** What is used and offered of the cluster: read once for all that shows it. */
export class Holdings {
  readonly #used = new Map<string, AmountsTotal>();
  readonly #offered = new Map<string, AmountsTotal>();

  constructor(view: EngineView) {
    for (const {id} of view.frameworks()) {
      const own = total(this.#used, `framework ${id}`);
      for (const {state, resources, agentId} of view.tasks(id)) {
        if (isTerminal(state)) continue;
        const amounts = view.kinds.describe(resources);
        own.add(amounts);
        total(this.#used, `agent ${agentId}`).add(amounts);
      }
    }
    for (const {frameworkId, agent, resources} of view.offers()) {
      const amounts = view.kinds.describe(resources);
      total(this.#offered, `framework ${frameworkId}`).add(amounts);
      total(this.#offered, `agent ${agent.id}`).add(amounts);
    }
  }

  used(of: `agent ${string}` | `framework ${string}`): Amounts {
    return this.#used.get(of)?.amounts ?? NOTHING;
  }

  offered(of: `agent ${string}` | `framework ${string}`): Amounts {
    return this.#offered.get(of)?.amounts ?? NOTHING;
  }
}

/** The same by role, each with those below it, and in quantities. */
export class RoleHoldings {
  readonly #kinds: ScalarKinds;
  readonly #used = new Map<string, Map<string, number>>();
  readonly #offered = new Map<string, Map<string, number>>();

  constructor(view: EngineView) {
    this.#kinds = view.kinds;
    for (const {id} of view.frameworks()) {
      for (const {state, role, resources} of view.tasks(id)) {
        if (!isTerminal(state)) this.#count(this.#used, role, resources);
      }
    }
    for (const {role, resources} of view.offers()) this.#count(this.#offered, role, resources);
  }

  #count(
    sums: Map<string, Map<string, number>>,
    role: string,
    resources: Offer['resources'],
  ): void {
    const quantities = quantitiesOf(resources, this.#kinds);
    for (let name = role; ; name = name.slice(0, name.lastIndexOf('/'))) {
      const sum = sums.get(name) ?? new Map<string, number>();
      sums.set(name, sum);
      for (const kind in quantities) {
        sum.set(kind, (sum.get(kind) ?? 0) + (quantities[kind] ?? 0));
      }
      if (!name.includes('/')) return;
    }
  }

  usedIn(role: string): Quantities {
    return Object.fromEntries(this.#used.get(role) ?? []);
  }

  offeredIn(role: string): Quantities {
    return Object.fromEntries(this.#offered.get(role) ?? []);
  }
}

function total(totals: Map<string, AmountsTotal>, key: string): AmountsTotal {
  const known = totals.get(key) ?? new AmountsTotal();
  totals.set(key, known);
  return known;
}

export interface AgentFormParts {
  readonly view: EngineView;
  readonly holdings: Holdings;
  readonly seen: SeenAgent | undefined;
}

export function agentForm(
  {info, state, total: resources}: AgentView,
  {view, holdings, seen}: AgentFormParts,
): object {
  const all = view.kinds.describe(resources);
  const used = holdings.used(`agent ${info.id}`);
  const offered = holdings.offered(`agent ${info.id}`);
  const {registeredAt = 0, lastAt = 0} = seen ?? {};
  const place = placeOf(info, seen);
  return {
    ...identityForm(info, place),
    pid: pidOf('slave(1)', place),
    registered_time: registeredAt / 1000,
    ...(lastAt > registeredAt ? {reregistered_time: lastAt / 1000} : {}),
    resources: resourceForm(all),
    used_resources: resourceForm(used),
    offered_resources: resourceForm(offered),
    reserved_resources: reservedForms(all),
    unreserved_resources: unreservedForm(all),
    active: state === 'active',
    deactivated: false,
    version: MESOS_BUILD.version,
    capabilities: ['MULTI_ROLE', 'HIERARCHICAL_ROLE', 'RESERVATION_REFINEMENT'],
    reserved_resources_full: reservedFullForms(all),
    unreserved_resources_full: unreservedFullForms(all),
    used_resources_full: fullForms(used),
    offered_resources_full: fullForms(offered),
  };
}

/** All that is known of one that has not come back since this master leads. */
export function recoveredAgentForm({info}: AgentView, seen: SeenAgent | undefined): object {
  return identityForm(info, placeOf(info, seen));
}

function placeOf({hostname}: AgentView['info'], seen: SeenAgent | undefined): Place {
  return seen?.address ?? {hostname, port: 5051};
}

function identityForm(info: AgentView['info'], {port}: Place): object {
  const {region, zone} = info;
  const domain =
    region === undefined || zone === undefined
      ? {}
      : {domain: {fault_domain: {region: {name: region}, zone: {name: zone}}}};
  return {
    id: info.id,
    hostname: info.hostname,
    port,
    attributes: attributesForm(info.attributes),
    ...domain,
  };
}

export interface FrameworkFormParts {
  readonly self: MasterIdentity;
  readonly holdings: Holdings;
}

/** What `/state-summary` has, and `/state` too. It has no `pid`: it is no libprocess. */
export function frameworkSummaryForm(
  {id, name, capabilities}: FrameworkView,
  {self, holdings}: FrameworkFormParts,
): object {
  return {
    id,
    name,
    used_resources: resourceForm(holdings.used(`framework ${id}`)),
    offered_resources: resourceForm(holdings.offered(`framework ${id}`)),
    capabilities,
    hostname: self.hostname,
    webui_url: `http://${self.hostname}:${self.port}/service/${id}/`,
    active: true,
    connected: true,
    recovered: false,
  };
}

/** All but its tasks, offers and executors. */
export function frameworkForm(
  framework: FrameworkView,
  {self, holdings}: FrameworkFormParts,
): object {
  const {id, roles, capabilities} = framework;
  const all = new AmountsTotal();
  all.add(holdings.used(`framework ${id}`));
  all.add(holdings.offered(`framework ${id}`));
  return {
    ...frameworkSummaryForm(framework, {self, holdings}),
    user: 'root',
    failover_timeout: 604_800,
    checkpoint: true,
    registered_time: (self.electedAt ?? 0) / 1000,
    unregistered_time: 0,
    resources: resourceForm(all.amounts),
    ...(capabilities.includes('MULTI_ROLE') ? {roles} : {role: roles[0] ?? '*'}),
  };
}

export function offerForm(
  {id, frameworkId, role, agent, resources}: Offer,
  {view, masterId}: {readonly view: EngineView; readonly masterId: string},
): object {
  return {
    id: `${masterId}-O${id}`,
    framework_id: frameworkId,
    allocation_info: {role},
    slave_id: agent.id,
    resources: resourceForm(view.kinds.describe(resources)),
  };
}

export function roleForm(role: RoleView, holdings: RoleHoldings): object {
  const {name, weight, guarantees, limits, consumed, reserved, frameworks} = role;
  const allocated = holdings.usedIn(name);
  const offered = holdings.offeredIn(name);
  return {
    name,
    weight,
    quota: {
      role: name,
      consumed: amountsOf(consumed),
      guarantee: amountsOf(guarantees),
      limit: amountsOf(limits),
    },
    resources: withDefaults(addQuantities(allocated, offered)),
    allocated: amountsOf(allocated),
    offered: amountsOf(offered),
    reserved: amountsOf(reserved),
    frameworks,
  };
}

function amountsOf(quantities: Quantities): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(quantities).map(([name, fixed]) => [name, fixed / 1000] as const),
  );
}

function withDefaults(quantities: Quantities): Readonly<Record<string, number>> {
  return {cpus: 0, gpus: 0, mem: 0, disk: 0, ...amountsOf(quantities)};
}
