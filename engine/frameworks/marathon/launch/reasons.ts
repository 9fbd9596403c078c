/**
 * Why an offer is of no use to an instance (reference parts 5.4 and 6.3). Marathon knows ten
 * reasons, in a fixed order; where it gives none we have a name of our own, after those.
 */
export const REASONS = [
  'UnfulfilledRole',
  'UnfulfilledConstraint',
  'NoCorrespondingReservationFound',
  'AgentMaintenance',
  'InsufficientCpus',
  'InsufficientMemory',
  'InsufficientDisk',
  'InsufficientGpus',
  'InsufficientPorts',
  'DeclinedScarceResources',
  'RemoteRegion',
] as const;

export type Reason = (typeof REASONS)[number];

/** How many of them are Marathon's own: these are shown even where they refused nothing. */
export const MARATHON_REASONS = 10;

/** Several reasons at once: bit n stands for the n-th of {@link REASONS}; 0 is no refusal. */
export type Refusal = number;

export const UNFULFILLED_ROLE = 1;
export const UNFULFILLED_CONSTRAINT = 1 << 1;
export const NO_CORRESPONDING_RESERVATION = 1 << 2;
export const AGENT_MAINTENANCE = 1 << 3;
export const INSUFFICIENT_PORTS = 1 << 8;
export const SCARCE_RESOURCES = 1 << 9;
export const REMOTE_REGION = 1 << 10;

const INSUFFICIENT_CPUS = 4;

/** Too little of a scalar kind: cpus, mem, disk and gpus are 0 to 3. */
export function insufficient(kind: number): Refusal {
  return 1 << (INSUFFICIENT_CPUS + kind);
}

/** The index of the first reason: the one that counts. */
export function firstReason(refusal: Refusal): number {
  return 31 - Math.clz32(refusal & -refusal);
}

/** The names, in order. */
export function reasonNames(refusal: Refusal): readonly Reason[] {
  return REASONS.filter((_, at) => (refusal & (1 << at)) !== 0);
}
