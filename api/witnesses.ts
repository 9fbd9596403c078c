/** Several witnesses as one: each hears all, in the order in which they came. */
import type {Effect, Input} from '../engine/index.ts';
import type {AgentReport, Measured, Witness} from './cluster.ts';

export class Witnesses implements Witness {
  readonly #all: Witness[] = [];

  add(witness: Witness): void {
    this.#all.push(witness);
  }

  started(now: number): void {
    for (const witness of this.#all) witness.started(now);
  }

  input(now: number, input: Input): void {
    for (const witness of this.#all) witness.input(now, input);
  }

  effect(now: number, effect: Effect): void {
    for (const witness of this.#all) witness.effect(now, effect);
  }

  agent(now: number, report: AgentReport): void {
    for (const witness of this.#all) witness.agent(now, report);
  }

  measured(now: number, what: Measured, ms: number): void {
    for (const witness of this.#all) witness.measured(now, what, ms);
  }
}
