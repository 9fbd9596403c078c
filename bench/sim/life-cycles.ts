/**
 * Life cycles of tasks: arrive, offer, launch, running, acknowledged, finished, acknowledged; through the engine
 * and the virtual agents. The load is described in `life-cycles-scenario.ts`.
 */
import {demand} from '../bench.ts';
import type {Bench, Reading} from '../bench.ts';
import {runWhole, usageReadings} from '../whole-run.ts';
import type {LifeCyclesOutcome} from './life-cycles-run.ts';
import {sameHashChecker} from './same-hash.ts';

const PROGRAM = new URL('./life-cycles-run.ts', import.meta.url);
const CYCLES = 1_000_000;
const CYCLES_QUICK = 50_000;
/** Inputs and effects without which a life cycle is none: see above, the offer being inside. */
const EVENTS_PER_CYCLE_MIN = 6;

export function makeLifeCyclesBench(agents: number): Bench {
  const name = `sim/life-cycles/${agents}`;
  const checkHash = sameHashChecker();
  return {
    name,
    about: `${CYCLES} task life cycles on ${agents} agents`,
    rounds: 3,
    isWholeRun: true,
    skipReason: () => undefined,
    measure: ({isQuick, profileFile}) => {
      const cycles = isQuick ? CYCLES_QUICK : CYCLES;
      const run = runWhole({
        program: PROGRAM,
        arguments: [String(agents), String(cycles)],
        profileFile,
      });
      const outcome = JSON.parse(run.stdout) as LifeCyclesOutcome;
      check(name, outcome, cycles, !isQuick);
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

function check(
  name: string,
  outcome: LifeCyclesOutcome,
  cycles: number,
  mustBeBusy: boolean,
): void {
  const {placed, finished, unacknowledged, usedAtEnd, events, cpusPeakRatio} = outcome;
  demand(
    placed === cycles && finished === cycles && unacknowledged === 0 && usedAtEnd === 0,
    () => `${name}: not ${cycles} whole life cycles: ${JSON.stringify(outcome)}`,
  );
  demand(
    events >= EVENTS_PER_CYCLE_MIN * cycles,
    () => `${name}: ${events} events are too few for ${cycles} life cycles`,
  );
  // Fewer jobs than the cluster holds never make it busy.
  demand(
    !mustBeBusy || (cpusPeakRatio > 0.75 && cpusPeakRatio < 1),
    () => `${name}: the cluster was ${cpusPeakRatio} busy at most, not about 0.8`,
  );
}
