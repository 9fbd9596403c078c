/** One action of a deployment step, under way (reference part 3.4). */
import type {AppEntry, Roster} from '../instances/roster.ts';
import {isConsideredTerminal, isHealthy, type Instance} from '../instances/instances.ts';
import type {UpgradeRecord} from './rolling-upgrade.ts';

/** What happened to an instance. */
export interface InstanceReport {
  readonly kind: 'changed' | 'died' | 'gone';
  readonly instanceId: string;
  readonly appId: string;
  /** Of its definition. */
  readonly version: number;
  readonly lastConfigChangeAt: number;
}

export type VersionOfInstance = Pick<InstanceReport, 'lastConfigChangeAt' | 'version'>;

/** What actions want done with instances. */
export interface ActionHands {
  /** Not wanted any more: kill it, forget it when it has ended. */
  decommission(instance: Instance): void;
  /** Tells the deployment of something that happened by its own hand. */
  report(kind: InstanceReport['kind'], instance: Instance): void;
}

export interface ActionTools {
  readonly roster: Roster;
  readonly hands: ActionHands;
}

/** What an action has to remember beside the instances; it changes rarely. */
export type ActionRecord =
  | {readonly kind: 'stop'; readonly app: string}
  | {
      readonly kind: 'scale';
      readonly app: string;
      readonly instances: number;
      /** Serial of the last instance that was there before it. */
      readonly after: number;
      /** Instances that were being removed before it began: it does not wait for them. */
      readonly leftovers: readonly string[];
    }
  | {
      readonly kind: 'restart';
      readonly app: string;
      readonly version: number;
      readonly lastConfigChangeAt: number;
      /** Instances of the same configuration count as new ones, whatever their version. */
      readonly keeps: boolean;
      readonly upgrade: UpgradeRecord;
    };

export interface Action {
  readonly app: string;
  readonly isDone: boolean;
  /** Whether it has done what may be done without a word. */
  readonly awaitsConfirmation: boolean;
  /** How many instances it holds back for now. */
  readonly heldBack: number;
  readonly record: ActionRecord;
  /** Whether an instance is one that it starts, not one that it replaces. */
  isNew(version: VersionOfInstance): boolean;
  /** Whether an instance that has ended is to be launched again under its id. */
  isRelaunched(id: string): boolean;
  /** Takes note of what happened; nothing follows from it before {@link Action.decide}. */
  take(report: InstanceReport, instance: Instance | undefined): void;
  /** Does what can be done, all that has happened being known. */
  decide(): void;
  /** Decides nothing until it is resumed, but takes note of what happens. */
  hold(): void;
  resume(isConfirmed: boolean): void;
  /** Looks again whether something can be done. */
  review(): void;
}

/**
 * Whether an instance counts as healthy for an upgrade. Old instances without health checks count
 * by their goal (reference part 3.5); others by their checks.
 */
export function isConsideredHealthy(instance: Instance, isNew: boolean): boolean {
  if (isNew) return isHealthy(instance);
  if (instance.goal !== 'Running' || isConsideredTerminal(instance.condition)) return false;
  return !instance.spec.hasHealthChecks || isHealthy(instance);
}

export function instancesOf(entry: AppEntry): readonly Instance[] {
  return [...entry.instances.values()];
}
