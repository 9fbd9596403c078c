/** The progress bar of a run, on stderr and only on a terminal: files and pipes get none. */
import {Presets, SingleBar} from 'cli-progress';
import {formatCompact, formatDuration} from '../../sim/report/format.ts';
import type {Simulation} from '../../sim/simulation.ts';

export interface Progress {
  update(simulation: Simulation): void;
  stop(): void;
}

const NO_PROGRESS: Progress = {update: () => undefined, stop: () => undefined};

/** Scale of the bar: a run's end may be unknown, so the bar counts thousandths of what is known. */
const TOTAL = 1000;

export function makeProgress(isShown: boolean): Progress {
  if (!isShown) return NO_PROGRESS;
  const bar = new SingleBar(
    {
      stream: process.stderr,
      format: '{bar} {percentage}% · {time} · {rate} events/s · {tasks}',
      hideCursor: true,
      clearOnComplete: true,
      fps: 5,
      // Without its own listener: Ctrl-C ends the run in order, and the bar with it.
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  const startedAt = performance.now();
  bar.start(TOTAL, 0, {time: '0 ms', rate: '0', tasks: ''});
  return {
    update(simulation) {
      const seconds = Math.max(1, performance.now() - startedAt) / 1000;
      const {tally} = simulation.world;
      bar.update(Math.floor(TOTAL * shareDone(simulation)), {
        time: formatDuration(simulation.now),
        rate: formatCompact(Math.round(simulation.events / seconds)),
        tasks:
          `${formatCompact(tally.total('running'))} tasks run, ` +
          `${formatCompact(tally.total('waiting'))} wait`,
      });
    },
    stop() {
      bar.stop();
    },
  };
}

/** By the clock where the end is known, else by the jobs of the traces that are over. */
function shareDone(simulation: Simulation): number {
  if (simulation.isOver) return 1;
  if (simulation.endsAt !== Infinity) return simulation.now / simulation.endsAt;
  const {finished, failed} = simulation.world.tally.jobs;
  const expected = simulation.jobsExpected;
  return expected > 0 ? Math.min(1, (finished + failed) / expected) : 0;
}
