/**
 * What is left of an offer while it is being used up. Most offers have plain resources only, and
 * cost no more than a copy of their scalars; what is reserved is looked at entry by entry.
 */
import {addRanges, containsNumber, subtractRanges, type Ranges} from '../../../resources/ranges.ts';
import {assemble} from '../../../resources/entries.ts';
import {
  makeEntries,
  quantityOf,
  type Entry,
  type Labels,
  type Special,
} from '../../../resources/special.ts';
import {
  GPUS,
  NO_RESOURCES,
  rangesOf,
  subtractResources,
  type NamedRanges,
  type Resources,
} from '../../../resources/vector.ts';
import type {AgentInfo, Offer} from '../../../scheduler.ts';
import type {PersistentVolume} from '../definition/app-definition.ts';
import type {OfferTerms} from './offer-terms.ts';
import {portRanges, type WantedPort} from './ports.ts';
import {DISK, pickDisks, type TakenDisk} from './volumes.ts';

const PORTS = 'ports';
const NONE: readonly never[] = [];

/** An offer, or what was left of it when somebody looked at it. */
export type SeenOffer = Pick<Offer, 'id' | 'agent' | 'resources'>;

/** One offer while instances take of it: each {@link OfferLeft.take} leaves less. */
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
  hasAnyFor({roles, takesUnreserved}: OfferTerms): boolean {
    if (takesUnreserved && this.#hasPlain) return true;
    return this.#offer.resources.special.some(
      ({special}) => isUsable(special) && roles.has(roleOf(special)),
    );
  }

  /** Thousandths of a kind that may be used. */
  amountFor(kind: number, {roles, takesUnreserved}: OfferTerms): number {
    let sum = takesUnreserved ? (this.#scalars[kind] ?? 0) : 0;
    for (const {special, scalar} of this.#reserved) {
      if (special.kind === kind && roles.has(roleOf(special))) sum += scalar;
    }
    return sum;
  }

  /** Host ports that may be used. */
  portsFor({roles, takesUnreserved}: OfferTerms): Ranges {
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

  /** A disk for each volume, beside what else an instance needs; undefined if one gets none. */
  disksFor(
    volumes: readonly PersistentVolume[],
    needs: Resources,
  ): readonly TakenDisk[] | undefined {
    return pickDisks(volumes, subtractResources(this.seen.resources, needs));
  }

  /** Takes disks that {@link OfferLeft.disksFor} has found. */
  takeDisks(disks: readonly TakenDisk[]): void {
    const parts = disks.flatMap((disk) => disk.parts);
    if (parts.length > 0) this.#taken.push(assemble(parts));
    for (const {amount, parts: own} of disks) {
      if (own.length > 0) continue;
      this.#scalars[DISK] = (this.#scalars[DISK] ?? 0) - amount;
      const scalars = Array.from({length: DISK + 1}, (_, kind) => (kind === DISK ? amount : 0));
      this.#taken.push({...NO_RESOURCES, scalars});
    }
  }

  /**
   * Takes what an instance needs, of which there must be enough, and answers what exactly was
   * taken. What is reserved goes first, so that what everybody could use is left.
   */
  take(needs: Resources, hostPorts: readonly WantedPort[], terms: OfferTerms): Resources {
    const ports = hostPorts.length === 0 ? NONE : portRanges(hostPorts);
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

  #takeAny(needs: readonly number[], ports: Ranges, {roles}: OfferTerms): Resources {
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

/** The role of each port that was taken: `*` what was plain; null where there is no port. */
export function portRoles(
  hostPorts: readonly WantedPort[],
  {special}: Resources,
): readonly (string | null)[] {
  const reserved = special.filter((entry) => entry.special.name === PORTS);
  return hostPorts.map((port) => {
    if (port === null) return null;
    const holder = reserved.find(({ranges}) => containsNumber(ranges, port));
    return holder === undefined ? '*' : roleOf(holder.special);
  });
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
