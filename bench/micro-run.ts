/** The measured program of every micro-benchmark: prints the seconds of each sample. */
import {argv, stdout} from 'node:process';
import Benchmark from 'benchmark';
import {demand} from './bench.ts';
import {CHRONOS_MICROS} from './chronos/next-fire.ts';
import type {Micro} from './micro-bench.ts';
import {SIM_MICROS} from './sim/micros.ts';

const MICROS: readonly Micro[] = [...SIM_MICROS, ...CHRONOS_MICROS];

/** Seconds in which samples are taken. */
const TIME_MAX = 2;
const TIME_MAX_QUICK = 0.2;

function measure(micro: Micro, isQuick: boolean): readonly number[] {
  const subject = micro.make();
  const benchmark = new Benchmark(micro.name, {
    fn: () => {
      subject.run();
    },
    maxTime: isQuick ? TIME_MAX_QUICK : TIME_MAX,
  });
  benchmark.run({async: false});
  const {error, stats} = benchmark as Benchmark & {readonly error?: unknown};
  if (error !== undefined) throw error;
  subject.check();
  return stats.sample;
}

const [, , name, extent] = argv;
const wanted = MICROS.find((micro) => micro.name === name);
demand(wanted !== undefined, () => `no micro-benchmark ${name}`);
stdout.write(JSON.stringify(measure(wanted, extent === 'quick')));
