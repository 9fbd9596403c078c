/** A bench that runs a scenario in a process of its own. */
import type {Bench, Reading} from '../bench.ts';
import {runWhole} from '../whole-run.ts';
import type {WholeRun} from '../whole-run.ts';
import type {MeterReport, Parameters} from './scenario.ts';

const PROGRAM = new URL('./run.ts', import.meta.url);
/** Beyond this the process had to wait for the processor, and the run is made again. */
const WALL_PER_OWN_MAX = 1.1;
const TRIES_MAX = 3;

export interface ScenarioBench {
  readonly name: string;
  readonly about: string;
  readonly scenario: string;
  readonly parameters: Parameters;
  /** Instead of some of the parameters, to see that it works. */
  readonly quick: Parameters;
  readonly rounds: number;
  /** Figures that are given as CPU time, too. */
  readonly cpuOf?: ReadonlySet<string> | undefined;
  /** Only these figures; absent: all. */
  readonly only?: readonly string[] | undefined;
}

interface Run {
  readonly whole: WholeRun;
  readonly report: MeterReport;
}

export function makeScenarioBench(spec: ScenarioBench): Bench {
  const {name, about, rounds} = spec;
  return {
    name,
    about,
    rounds,
    isWholeRun: true,
    skipReason: () => undefined,
    measure: ({isQuick, profileFile}) => {
      const parameters = isQuick ? {...spec.parameters, ...spec.quick} : spec.parameters;
      const once = (): Run => run(spec.scenario, parameters, profileFile);
      const best = isQuick || profileFile !== undefined ? once() : leastDisturbed(once);
      return readingsOf(spec, best);
    },
  };
}

function run(scenario: string, parameters: Parameters, profileFile: string | undefined): Run {
  const whole = runWhole({
    program: PROGRAM,
    arguments: [scenario, JSON.stringify(parameters)],
    profileFile,
  });
  return {whole, report: JSON.parse(whole.stdout) as MeterReport};
}

/** Of a few runs the one whose thread waited least, as soon as that is little. */
function leastDisturbed(once: () => Run): Run {
  let best = once();
  for (let tries = 1; tries < TRIES_MAX && waiting(best) > WALL_PER_OWN_MAX; tries += 1) {
    const again = once();
    if (waiting(again) < waiting(best)) best = again;
  }
  return best;
}

function waiting({report: {wallMs, ownMs}}: Run): number {
  return wallMs / ownMs;
}

function readingsOf({name, only, cpuOf}: ScenarioBench, {whole, report}: Run): readonly Reading[] {
  const reading = (what: string, unit: string, value: number): Reading => {
    return {name: `${name}/${what}`, unit, values: [value]};
  };
  return [
    ...report.measured.flatMap(({name: what, unit, value, cpuMs}) => [
      reading(what, unit, value),
      ...(cpuMs !== undefined && cpuOf?.has(`${name}/${what}`) === true
        ? [reading(`${what}/cpu`, unit, cpuMs)]
        : []),
    ]),
    reading('memory-peak', 'MiB', whole.memoryPeakMiB),
    reading('wall-per-own', '×', report.wallMs / report.ownMs),
    reading('cpu-per-wall', '×', report.cpuMs / report.wallMs),
  ].filter((one) => only === undefined || only.some((what) => one.name === `${name}/${what}`));
}
