/**
 * What an operator may change while the cluster runs: quotas, weights, the whitelist, planned
 * maintenance (Mesos operator API, reference parts 1.17 and 1.18). Each request is taken whole or
 * refused whole; offers that stand against it are taken back.
 */
import type {Allocator} from '../allocator/allocator.ts';
import {NO_QUOTA, quotaCharged, type Quota} from '../allocator/role-tree.ts';
import {countablePart} from '../allocator/shares-of-agent.ts';
import type {OperatorRequest} from '../inputs.ts';
import type {AgentId} from '../kernel/ids.ts';
import type {QuotaConfig} from '../options.ts';
import {
  addQuantities,
  containsQuantities,
  printQuantities,
  subtractQuantities,
  withinLimits,
  type Quantities,
} from '../resources/quantities.ts';
import {isStrictSubrole, validRole} from '../resources/role-names.ts';
import {nonRevocable} from '../resources/select.ts';
import {scalarSums} from '../resources/vector.ts';
import type {FrameworkReply, Refusal, Unavailability} from '../scheduler.ts';
import type {AgentBook} from './agent-book.ts';
import type {MasterContext} from './context.ts';
import type {OfferBook} from './offer-book.ts';
import {isPresent, offersOf, type OfferRecord} from './records.ts';
import type {MasterDocuments} from './registry.ts';

/** MB of mem or disk, and units of anything else, that a quota may name: in thousandths. */
const MEGABYTES_MAX = 1_099_511_627_776_000;
const UNITS_MAX = 1_000_000_000_000_000;

export interface OperatorParts {
  readonly allocator: Allocator;
  readonly agents: AgentBook;
  readonly offers: OfferBook;
}

export class OperatorCalls {
  readonly #context: MasterContext;
  readonly #parts: OperatorParts;

  constructor(context: MasterContext, parts: OperatorParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** Orders that were taken before by another master hold again; nothing is written anew. */
  recover({quotas, weights, whitelist}: Omit<MasterDocuments, 'agents' | 'maintenance'>): void {
    const {allocator} = this.#parts;
    for (const [role, weight] of weights) allocator.setWeight(role, weight as number);
    for (const [role, quota] of quotas) {
      const {guarantees, limits} = quota as Omit<QuotaConfig, 'role'>;
      allocator.setQuota(role, this.#compile({guarantees, limits}));
    }
    if (whitelist !== undefined) allocator.setWhitelist(whitelist);
  }

  answer(request: OperatorRequest): FrameworkReply {
    const refusal = this.#make(request);
    return refusal === undefined ? {ok: true, body: {}} : {ok: false, refusal};
  }

  #make(request: OperatorRequest): Refusal | undefined {
    switch (request.type) {
      case 'updateQuota':
        return this.#updateQuota(request.configs, request.force === true);
      case 'updateWeights':
        return this.#updateWeights(request.weights);
      case 'updateWhitelist':
        this.#parts.allocator.setWhitelist(request.hostnames);
        this.#context.putRecord('whitelist', request.hostnames);
        return undefined;
      case 'updateUnavailability':
        return this.#updateUnavailability(request.agentId, request.unavailability);
    }
  }

  // Quota.

  #updateQuota(configs: readonly QuotaConfig[], force: boolean): Refusal | undefined {
    const errors = configs.flatMap((config, index) => problemsOf(config, `/configs/${index}`));
    const roles = new Set(configs.map(({role}) => role));
    if (roles.size < configs.length) {
      errors.push({path: '/configs', message: 'a role is given twice'});
    }
    if (errors.length > 0) return invalid(errors);
    const problem = force ? undefined : this.#overcommitment(configs);
    if (problem !== undefined) return {code: 'quotaNotPossible', message: problem};
    for (const config of configs) this.setQuota(config);
    for (const config of configs) this.#makeRoom(config);
    return undefined;
  }

  /** Sets a quota that has been checked; takes back no offers. */
  setQuota({role, guarantees, limits}: QuotaConfig): void {
    const quota = this.#compile({guarantees, limits});
    this.#parts.allocator.setQuota(role, quota);
    if (quota === NO_QUOTA) this.#context.deleteRecord(`quotas/${role}`);
    else this.#context.putRecord(`quotas/${role}`, {guarantees, limits});
  }

  #compile({guarantees, limits}: Omit<QuotaConfig, 'role'>): Quota {
    const {kinds} = this.#context;
    if (isNothing(guarantees) && Object.keys(limits).length === 0) return NO_QUOTA;
    return {guarantees: kinds.columnOf(guarantees, 0), limits: kinds.columnOf(limits, Infinity)};
  }

  /** Why the cluster cannot keep what would be promised; undefined: it can. */
  #overcommitment(configs: readonly QuotaConfig[]): string | undefined {
    const {allocator, agents} = this.#parts;
    const {kinds} = this.#context;
    const promised = new Map(
      allocator.roles.withQuota.map(({name, quota}) => {
        return [name, kinds.named(quota.guarantees)] as const;
      }),
    );
    for (const {role, guarantees} of configs) promised.set(role, guarantees);
    const total = [...agents.all.values()]
      .filter(isPresent)
      .map(({total: one}) => kinds.named(scalarSums(nonRevocable(one))))
      .reduce(addQuantities, {});
    const sum = [...promised.values()].reduce(addQuantities, {});
    if (!containsQuantities(total, sum)) {
      return (
        `the guarantees of all roles would be '${printQuantities(sum)}', more than the cluster's ` +
        `'${printQuantities(total)}' (use 'force' to set them all the same)`
      );
    }
    for (const {role, limits} of configs) {
      const consumed = this.#consumedBy(role);
      if (withinLimits(limits, consumed)) continue;
      return (
        `role '${role}' is already consuming '${printQuantities(consumed)}': more than the ` +
        `requested limits '${printQuantities(limits)}' (use 'force' to set them all the same)`
      );
    }
    return undefined;
  }

  /** Reserved or used by a role and those below, without what is only offered. */
  #consumedBy(role: string): Quantities {
    const {kinds} = this.#context;
    const known = this.#parts.allocator.roles.get(role);
    if (known === undefined) return {};
    const charged = kinds.named(kinds.names.map((_, kind) => quotaCharged(known, kind)));
    return subtractQuantities(charged, this.#offeredTo(this.#offersWithin(role)));
  }

  #offersWithin(role: string): readonly OfferRecord[] {
    return [...this.#parts.offers.all.values()].filter(({offer}) => {
      return offer.role === role || isStrictSubrole(offer.role, role);
    });
  }

  /** What of these offers counts for quota. */
  #offeredTo(records: readonly OfferRecord[]): Quantities {
    const {kinds} = this.#context;
    return records
      .map(({offer}) => kinds.named(scalarSums(countablePart(offer.resources))))
      .reduce(addQuantities, {});
  }

  /** Takes back offers that a new limit forbids, and as many of others as a guarantee needs. */
  #makeRoom({role, guarantees, limits}: QuotaConfig): void {
    const {offers, agents} = this.#parts;
    const own = this.#offersWithin(role);
    const consumed = this.#consumedBy(role);
    let offered = this.#offeredTo(own);
    for (const record of own) {
      if (withinLimits(limits, addQuantities(consumed, offered))) break;
      offered = subtractQuantities(offered, this.#offeredTo([record]));
      offers.rescind(record);
    }
    let met = addQuantities(consumed, offered);
    for (const agent of agents.all.values()) {
      if (containsQuantities(met, guarantees)) return;
      for (const record of offersOf(agent)) {
        if (record.offer.role === role || isStrictSubrole(record.offer.role, role)) continue;
        met = addQuantities(met, this.#offeredTo([record]));
        offers.rescind(record);
      }
    }
  }

  // Weights and maintenance.

  #updateWeights(weights: Readonly<Record<string, number>>): Refusal | undefined {
    const entries = Object.entries(weights).sort(([left], [right]) => (left < right ? -1 : 1));
    const errors = entries.flatMap(([role, weight]) => {
      const path = `/weights/${pointerPart(role)}`;
      if (!validRole(role)) return [{path, message: `'${role}' is not a role's name`}];
      if (Number.isFinite(weight) && weight > 0) return [];
      return [{path, message: `expected a number above 0, not ${weight}`}];
    });
    if (errors.length > 0) return invalid(errors);
    const {allocator, offers} = this.#parts;
    let isInUse = false;
    for (const [role, weight] of entries) {
      allocator.setWeight(role, weight);
      this.#context.putRecord(`weights/${role}`, weight);
      if (allocator.roles.get(role)?.frameworks !== undefined) isInUse = true;
    }
    // All that is offered was offered by the old weights.
    if (isInUse) for (const record of [...offers.all.values()]) offers.rescind(record);
    return undefined;
  }

  #updateUnavailability(
    agentId: AgentId,
    unavailability: Unavailability | null,
  ): Refusal | undefined {
    const agent = this.#parts.agents.all.get(agentId);
    if (agent === undefined || !isPresent(agent)) {
      return {code: 'agentUnknown', message: `no agent '${agentId}' is registered`};
    }
    const errors = unavailability === null ? [] : problemsOfPlan(unavailability);
    if (errors.length > 0) return invalid(errors);
    // New offers shall say what is planned.
    this.#parts.offers.rescindAllOf(agent);
    agent.unavailability = unavailability ?? undefined;
    this.#parts.allocator.setUnavailability(agent.slot, agent.unavailability);
    if (unavailability === null) this.#context.deleteRecord(`maintenance/${agentId}`);
    else this.#context.putRecord(`maintenance/${agentId}`, unavailability);
    return undefined;
  }
}

type FieldError = {readonly path: string; readonly message: string};

function invalid(errors: readonly FieldError[]): Refusal {
  const [first] = errors;
  return {code: 'invalidRequest', message: `${first?.path}: ${first?.message}`, errors};
}

/** A name as a part of a JSON pointer (RFC 6901): those of roles below others contain slashes. */
function pointerPart(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function problemsOf({role, guarantees, limits}: QuotaConfig, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!validRole(role)) errors.push({path: `${path}/role`, message: `'${role}' is no role's name`});
  if (role.includes('/')) {
    errors.push({path: `${path}/role`, message: 'only a top-level role can have a quota'});
  }
  for (const [field, amounts] of [
    ['guarantees', guarantees],
    ['limits', limits],
  ] as const) {
    for (const [name, fixed] of Object.entries(amounts)) {
      const most = name === 'mem' || name === 'disk' ? MEGABYTES_MAX : UNITS_MAX;
      if (Number.isSafeInteger(fixed) && fixed >= 0 && fixed <= most) continue;
      errors.push({
        path: `${path}/${field}/${pointerPart(name)}`,
        message: `expected an amount from 0 to ${most / 1000}`,
      });
    }
  }
  for (const [name, fixed] of Object.entries(guarantees)) {
    if (!Object.hasOwn(limits, name) || fixed <= (limits[name] ?? 0)) continue;
    errors.push({path: `${path}/guarantees/${pointerPart(name)}`, message: 'more than the limit'});
  }
  return errors;
}

function problemsOfPlan({startMs, durationMs = 0}: Unavailability): FieldError[] {
  const errors: FieldError[] = [];
  if (!Number.isSafeInteger(startMs)) {
    errors.push({path: '/unavailability/startMs', message: `expected an instant, not ${startMs}`});
  }
  if (!Number.isSafeInteger(durationMs) || durationMs < 0) {
    const message = `expected a time of at least 0, not ${durationMs}`;
    errors.push({path: '/unavailability/durationMs', message});
  }
  return errors;
}

function isNothing(quantities: Quantities): boolean {
  return Object.values(quantities).every((fixed) => fixed === 0);
}
