/** What may happen to a cluster in the properties, as plain data that says who by small numbers. */
import type {Conversion, Operation} from '../../resources/operations.ts';
import {applyConversion, conversionsOf} from '../../resources/operations.ts';
import {assemble, changed} from '../../resources/entries.ts';
import type {Limits, Quantities} from '../../resources/quantities.ts';
import {pushReservation} from '../../resources/reservations.ts';
import {makeEntries, type Entry} from '../../resources/special.ts';
import type {ScalarKinds} from '../../resources/kinds.ts';
import {isEmpty, NO_RESOURCES, type Resources} from '../../resources/vector.ts';

/** A part of what is free, or of what somebody holds: so many quarters. */
export type Quarters = 1 | 2 | 3 | 4;

/** What a framework is found to use. */
export interface UseStep {
  readonly framework: number;
  readonly role: string;
  readonly quarters: Quarters;
}

export interface AgentTraits {
  readonly rack: string | undefined;
  readonly region: string | undefined;
  readonly isOld: boolean;
  readonly isLeaving: boolean;
}

export interface TermsStep {
  readonly roles: readonly string[];
  readonly suppressed: readonly string[];
  readonly capabilities: readonly string[];
  readonly minimum: readonly Quantities[] | null;
  /** The first role wants agents of this rack only; `none`: of no rack. */
  readonly rack: string | undefined;
}

export type ConversionKind = 'reserve' | 'unreserve' | 'create' | 'createShared' | 'destroy';

/** Numbers pick among those that are there. */
export type Step =
  | {
      readonly kind: 'addAgent';
      readonly total: string;
      readonly traits: AgentTraits;
      readonly used: readonly UseStep[];
    }
  | {readonly kind: 'removeAgent'; readonly agent: number}
  | {readonly kind: 'updateTotal'; readonly agent: number; readonly total: string}
  | {readonly kind: 'updateTraits'; readonly agent: number; readonly traits: AgentTraits}
  | {readonly kind: 'setActivated'; readonly agent: number; readonly activated: boolean}
  | {readonly kind: 'addProvider'; readonly agent: number; readonly used: readonly UseStep[]}
  | {readonly kind: 'setWhitelist'; readonly agents: readonly number[] | null}
  | {readonly kind: 'setUnavailability'; readonly agent: number; readonly planned: boolean}
  | {
      readonly kind: 'addFramework';
      readonly framework: number;
      readonly terms: TermsStep;
      readonly active: boolean;
      readonly used: readonly (UseStep & {readonly agent: number})[];
    }
  | {
      readonly kind: 'updateFramework';
      readonly framework: number;
      readonly terms: TermsStep;
      /** Only what is suppressed changes. */
      readonly isSame: boolean;
    }
  | {readonly kind: 'removeFramework'; readonly framework: number}
  | {readonly kind: 'setActive'; readonly framework: number; readonly active: boolean}
  | {
      readonly kind: 'suppress' | 'revive' | 'unsuppress' | 'clearFilters';
      readonly framework: number;
      readonly roles: readonly string[];
    }
  | {
      readonly kind: 'setOffersMax';
      readonly framework: number;
      readonly role: number;
      readonly max: number;
    }
  | {
      readonly kind: 'setMinimum';
      readonly framework: number;
      readonly role: number;
      readonly minimum: readonly Quantities[] | null;
    }
  | {readonly kind: 'setWeight'; readonly role: string; readonly weight: number}
  | {
      readonly kind: 'setQuota';
      readonly role: string;
      readonly quota: {readonly guarantees: Quantities; readonly limits: Limits} | undefined;
    }
  | {
      readonly kind: 'charge';
      readonly framework: number;
      readonly role: number;
      readonly agent: number;
      readonly quarters: Quarters;
    }
  | {
      readonly kind: 'answer';
      readonly piece: number;
      /** Of what is held; the rest is given back. */
      readonly kept: 0 | Quarters;
      readonly refuseMs: number;
    }
  | {readonly kind: 'recover'; readonly piece: number; readonly quarters: Quarters}
  | {
      readonly kind: 'convertHeld';
      readonly piece: number;
      readonly conversion: ConversionKind;
      readonly quarters: Quarters;
    }
  | {
      readonly kind: 'convertFree';
      readonly agent: number;
      readonly role: string;
      readonly conversion: ConversionKind;
      readonly quarters: Quarters;
    }
  | {readonly kind: 'answerInverse'; readonly question: number; readonly refuseMs: number}
  | {readonly kind: 'advance'; readonly ms: number; readonly untilGrants: boolean}
  | {readonly kind: 'json'};

/** Some quarters of everything that can be split; of ranges and sets the first item. */
export function partOf({scalars, ranges, sets, special}: Resources, quarters: Quarters): Resources {
  const partial = (fixed: number): number => Math.floor((fixed * quarters) / 4);
  if (quarters === 4) return {scalars, ranges, sets, special};
  return {
    scalars: scalars.map(partial),
    ranges: ranges.map(({name, ranges: [begin = 0]}) => ({name, ranges: [begin, begin]})),
    sets: sets.map(({name, items}) => ({name, items: items.slice(0, 1)})),
    special: makeEntries(
      special.flatMap((entry): Entry[] => {
        if (entry.special.size > 0 || entry.special.shared === true) {
          return quarters > 2 ? [{...entry, copies: 1}] : [];
        }
        const [begin, end = begin] = entry.ranges;
        const spans = begin === undefined || end === undefined ? [] : [begin, end];
        return [{...entry, scalar: partial(entry.scalar), ranges: spans}];
      }),
    ),
  };
}

/** What an operation is made of. */
export interface ConversionStep {
  readonly conversion: ConversionKind;
  readonly quarters: Quarters;
  readonly role: string;
  /** Of a new volume. */
  readonly id: string;
}

/** The conversions of an operation on something of these resources; undefined: there is nothing. */
export function conversionsFor(
  resources: Resources,
  step: ConversionStep,
  kinds: ScalarKinds,
): readonly Conversion[] | undefined {
  const operation = operationFor(resources, step, kinds);
  if (operation === undefined || isEmpty(operation.resources)) return undefined;
  const result = conversionsOf(operation);
  return result.ok && isPossible(resources, result.conversions) ? result.conversions : undefined;
}

/** Whether the conversions can be made one after the other. */
export function isPossible(resources: Resources, conversions: readonly Conversion[]): boolean {
  let now = resources;
  for (const conversion of conversions) {
    const result = applyConversion(now, conversion);
    if (!result.ok) return false;
    now = result.resources;
  }
  return true;
}

function operationFor(
  resources: Resources,
  {conversion, quarters, role, id}: ConversionStep,
  kinds: ScalarKinds,
): (Operation & {readonly resources: Resources}) | undefined {
  const {special} = partOf(resources, quarters);
  const isVolume = (entry: Entry): boolean => entry.special.persistence !== undefined;
  const isDynamic = ({special: {reservations}}: Entry): boolean =>
    reservations.at(-1)?.type === 'DYNAMIC';
  switch (conversion) {
    case 'reserve': {
      const plain = {...NO_RESOURCES, scalars: partOf(resources, quarters).scalars};
      const pushed = pushReservation(plain, {type: 'DYNAMIC', role}, kinds);
      return pushed.ok ? {kind: 'reserve', resources: pushed.resources} : undefined;
    }
    case 'unreserve': {
      const entry = special.find((one) => isDynamic(one) && !isVolume(one));
      return entry && {kind: 'unreserve', resources: assemble([entry])};
    }
    case 'create':
    case 'createShared': {
      const disk = special.find((one) => {
        return one.special.name === 'disk' && one.special.role !== undefined && !isVolume(one);
      });
      if (disk === undefined || disk.special.revocable === true) return undefined;
      const traits = {persistence: {id}, shared: conversion === 'createShared'};
      return {kind: 'create', resources: assemble([changed(disk, traits)])};
    }
    case 'destroy': {
      const volume = special.find(isVolume);
      return volume && {kind: 'destroy', resources: assemble([{...volume, copies: 1}])};
    }
  }
}
