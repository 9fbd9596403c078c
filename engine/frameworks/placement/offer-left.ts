/**
 * What is left of an offer while it is being used up. Most offers have plain resources only, and
 * cost no more than a copy of their scalars; what is reserved is looked at entry by entry.
 */
import {addRanges, subtractRanges, type Ranges} from '../../resources/ranges.ts';
import {
  makeEntries,
  quantityOf,
  type Entry,
  type Labels,
  type Special,
} from '../../resources/special.ts';
import {
  GPUS,
  rangesOf,
  subtractResources,
  type NamedRanges,
  type Resources,
} from '../../resources/vector.ts';
import type {AgentInfo, Offer} from '../../scheduler.ts';

const PORTS = 'ports';
const NONE: readonly never[] = [];

/** Whose resources may be used. */
export interface RoleTerms {
  /** `*` stands for what nobody has reserved. */
  readonly roles: ReadonlySet<string>;
  readonly takesUnreserved: boolean;
}

/** An offer, or what was left of it when somebody looked at it. */
export type SeenOffer = Pick<Offer, 'id' | 'agent' | 'resources'>;

/** One offer while tasks take of it: each {@link OfferLeft.take} leaves less. */
export class OfferLeft {
  readonly agent: AgentInfo;
  readonly #offer: Offer;
  /** Plain ones, thousandths by kind. */
  readonly #scalars: number[];
  #ports: Ranges;
  /** Reserved scalars and ports that may be used, in order of their keys. */
  readonly #reserved: Entry[];
  readonly #hasPlain: boolean;
  #seen: SeenOffer;
  /** What was taken since `#seen` was made. */
  readonly #taken: Resources[] = [];

  constructor(offer: Offer) {
    const {agent, resources} = offer;
    this.agent = agent;
    this.#offer = offer;
    this.#scalars = [...resources.scalars];
    this.#ports = rangesOf(resources, PORTS);
    this.#reserved =
      resources.special.length === 0
        ? []
        : resources.special.filter(({special}) => isUsable(special));
    this.#hasPlain =
      this.#ports.length > 0 ||
      resources.sets.length > 0 ||
      this.#scalars.some((fixed) => fixed > 0);
    this.#seen = offer;
  }

  /** Whether any resource of the offer may be used at all. */
  hasAnyFor({roles, takesUnreserved}: RoleTerms): boolean {
    if (takesUnreserved && this.#hasPlain) return true;
    return this.#offer.resources.special.some(
      ({special}) => isUsable(special) && roles.has(roleOf(special)),
    );
  }

  /** Thousandths of a kind that may be used. */
  amountFor(kind: number, {roles, takesUnreserved}: RoleTerms): number {
    let sum = takesUnreserved ? (this.#scalars[kind] ?? 0) : 0;
    for (const {special, scalar} of this.#reserved) {
      if (special.kind === kind && roles.has(roleOf(special))) sum += scalar;
    }
    return sum;
  }

  /** Host ports that may be used. */
  portsFor({roles, takesUnreserved}: RoleTerms): Ranges {
    let ports: Ranges = takesUnreserved ? this.#ports : NONE;
    for (const {special, ranges} of this.#reserved) {
      if (special.name === PORTS && roles.has(roleOf(special))) ports = addRanges(ports, ranges);
    }
    return ports;
  }

  get hasGpus(): boolean {
    if ((this.#scalars[GPUS] ?? 0) > 0) return true;
    return this.#reserved.some((entry) => entry.special.kind === GPUS && quantityOf(entry) > 0);
  }

  /** Takes exactly this, which the offer has and {@link OfferLeft.take} would not choose. */
  takeExactly(resources: Resources): void {
    for (const [kind, fixed] of resources.scalars.entries()) {
      this.#scalars[kind] = (this.#scalars[kind] ?? 0) - fixed;
    }
    this.#taken.push(resources);
  }

  /**
   * Takes what a task needs, of which there must be enough, and answers what exactly was
   * taken. What is reserved goes first, so that what everybody could use is left.
   */
  take(needs: Resources, ports: Ranges, terms: RoleTerms): Resources {
    const taken =
      this.#reserved.length === 0
        ? this.#takePlain(needs, ports)
        : this.#takeAny(needs.scalars, ports, terms);
    this.#taken.push(taken);
    return taken;
  }

  /** The usual case: nothing is reserved, so there is nothing to choose. */
  #takePlain(needs: Resources, ports: Ranges): Resources {
    const {scalars} = needs;
    for (let kind = 0; kind < scalars.length; kind += 1) {
      this.#scalars[kind] = (this.#scalars[kind] ?? 0) - (scalars[kind] as number);
    }
    if (ports.length === 0) return needs;
    this.#ports = subtractRanges(this.#ports, ports);
    return {...needs, ranges: [{name: PORTS, ranges: ports}]};
  }

  #takeAny(needs: readonly number[], ports: Ranges, {roles}: RoleTerms): Resources {
    const missing = [...needs];
    let missingPorts = ports;
    const taken: Entry[] = [];
    for (const [at, entry] of this.#reserved.entries()) {
      const {special, scalar, ranges} = entry;
      if (!roles.has(roleOf(special))) continue;
      if (special.name === PORTS) {
        const rest = subtractRanges(missingPorts, ranges);
        const part = subtractRanges(missingPorts, rest);
        if (part.length === 0) continue;
        missingPorts = rest;
        taken.push({...entry, ranges: part});
        this.#reserved[at] = {...entry, ranges: subtractRanges(ranges, part)};
        continue;
      }
      const part = Math.min(scalar, missing[special.kind] ?? 0);
      if (part === 0) continue;
      missing[special.kind] = (missing[special.kind] as number) - part;
      taken.push({...entry, scalar: part});
      this.#reserved[at] = {...entry, scalar: scalar - part};
    }
    for (const [kind, fixed] of missing.entries()) {
      this.#scalars[kind] = (this.#scalars[kind] ?? 0) - fixed;
    }
    this.#ports = subtractRanges(this.#ports, missingPorts);
    const ranges: NamedRanges[] = [];
    if (missingPorts.length > 0) ranges.push({name: PORTS, ranges: missingPorts});
    return {scalars: missing, ranges, sets: NONE, special: makeEntries(taken)};
  }

  /** The offer as it is now; the same object as long as nothing more is taken. */
  get seen(): SeenOffer {
    if (this.#taken.length === 0) return this.#seen;
    let {resources} = this.#seen;
    for (const taken of this.#taken) resources = subtractResources(resources, taken);
    this.#taken.length = 0;
    const {id, agent} = this.#offer;
    this.#seen = {id, agent, resources};
    return this.#seen;
  }
}

/** The role that a resource is reserved to; `*` where nobody has reserved it. */
export function roleOf({role}: Special): string {
  return role ?? '*';
}

/** Labels by which Marathon knows its own reservations: those are for the instance they name. */
const OWN_LABELS = new Set(['marathon_framework_id', 'marathon_task_id']);

/**
 * Scalars and ports, not revocable, of no volume, no disk of their own, and not reserved by a
 * Marathon.
 */
function isUsable(special: Special): boolean {
  if (special.revocable === true || special.shared === true) return false;
  if (special.persistence !== undefined || special.source !== undefined) return false;
  if (special.bareDisk === true) return false;
  return !special.reservations.some(({labels}) => labels !== undefined && isOwn(labels));
}

function isOwn(labels: Labels): boolean {
  return labels.some(([key]) => OWN_LABELS.has(key));
}
