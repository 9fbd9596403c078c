/**
 * Life cycles of tasks: arrive, offer, launch, running, acknowledged, finished, acknowledged;
 * through the engine and the virtual agents. The load is described in `life-cycles-scenario.ts`.
 */
import {demand} from '../bench.ts';
import type {Bench, Reading} from '../bench.ts';
import {runWhole, usageReadings} from '../whole-run.ts';
import type {LifeCyclesOutcome} from './life-cycles-run.ts';
import {LOAD} from './life-cycles-scenario.ts';
import {sameHashChecker} from './same-hash.ts';

const PROGRAM = new URL('./life-cycles-run.ts', import.meta.url);
const CYCLES = 1_000_000;
const CYCLES_QUICK = 50_000;
/** Inputs and effects without which a life cycle is none: see above, the offer being inside. */
const EVENTS_PER_CYCLE_MIN = 6;

/** On so many agents, all of them busy. */
export function makeLifeCyclesBench(agents: number): Bench {
  return makeBench(`sim/life-cycles/${agents}`, agents, agents);
}

/**
 * On so many agents the very jobs that keep `busyAgents` busy: only the number of agents differs.
 */
export function makeSameJobsBench(agents: number, busyAgents: number): Bench {
  return makeBench(`sim/life-cycles/${agents}/same-jobs`, agents, busyAgents);
}

function makeBench(name: string, agents: number, busyAgents: number): Bench {
  const checkHash = sameHashChecker();
  return {
    name,
    about: `${CYCLES} task life cycles on ${agents} agents, jobs for ${busyAgents}`,
    rounds: 3,
    isWholeRun: true,
    skipReason: () => undefined,
    measure: ({isQuick, profileFile}) => {
      const cycles = isQuick ? CYCLES_QUICK : CYCLES;
      const run = runWhole({
        program: PROGRAM,
        arguments: [agents, busyAgents, cycles].map(String),
        profileFile,
      });
      const outcome = JSON.parse(run.stdout) as LifeCyclesOutcome;
      checkCycles(name, outcome, cycles);
      // Fewer jobs than the cluster holds never make it busy.
      if (!isQuick) checkBusy(name, outcome, (LOAD * busyAgents) / agents);
      checkHash(name, outcome.runHash);
      const perCycle: Reading = {
        name: `${name}/time-per-cycle`,
        unit: 'µs',
        values: [(run.processSeconds * 1_000_000) / cycles],
      };
      const rate: Reading = {
        name: `${name}/rate`,
        unit: '1/s',
        values: [cycles / run.processSeconds],
      };
      return [rate, perCycle, ...usageReadings(name, run)];
    },
  };
}

function checkCycles(name: string, outcome: LifeCyclesOutcome, cycles: number): void {
  const {placed, finished, unacknowledged, usedAtEnd, events} = outcome;
  demand(
    placed === cycles && finished === cycles && unacknowledged === 0 && usedAtEnd === 0,
    () => `${name}: not ${cycles} whole life cycles: ${JSON.stringify(outcome)}`,
  );
  demand(
    events >= EVENTS_PER_CYCLE_MIN * cycles,
    () => `${name}: ${events} events are too few for ${cycles} life cycles`,
  );
}

function checkBusy(name: string, {cpusPeakRatio}: LifeCyclesOutcome, wanted: number): void {
  demand(
    cpusPeakRatio > 0.95 * wanted && cpusPeakRatio < 1.25 * wanted,
    () => `${name}: the cluster was ${cpusPeakRatio} busy at most, not about ${wanted}`,
  );
}
