/**
 * How far an unreachable instance is given up, exactly on time (reference part 7.4; appendix A,
 * 18). Pure.
 */
import type {UnreachableStrategy} from '../definition/app-definition.ts';

export const UNREACHABLE_TIMER = 'unreachable';

/** `until`: when the next stage begins, in ms; undefined = never. */
export interface UnreachableStage {
  readonly stage: 'active' | 'inactive' | 'expunged';
  readonly until: number | undefined;
}

/** Times count from the first unreachable status; a repeated one does not start them again. */
export function unreachableStage(
  strategy: UnreachableStrategy,
  since: number,
  now: number,
): UnreachableStage {
  if (strategy === 'disabled') return {stage: 'active', until: undefined};
  const inactiveAt = since + strategy.inactiveAfterSeconds * 1000;
  const expungeAt = since + strategy.expungeAfterSeconds * 1000;
  if (now < inactiveAt) return {stage: 'active', until: inactiveAt};
  if (now < expungeAt) return {stage: 'inactive', until: expungeAt};
  return {stage: 'expunged', until: undefined};
}
