/** What the parts of a Chronos share. */
import type {Random} from '../../kernel/random.ts';
import type {ChronosOptions} from '../../options.ts';
import type {SchedulerDriver} from '../../scheduler.ts';
import type {ChronosEvent} from './events.ts';
import type {JobBook} from './jobs/job-book.ts';
import type {RunQueue} from './launch/run-queue.ts';

export interface ChronosParts {
  readonly options: ChronosOptions;
  readonly driver: SchedulerDriver;
  readonly book: JobBook;
  readonly queue: RunQueue;
  /** The wall clock: ms since 1970. */
  readonly now: () => number;
  readonly random: (stream: string) => Random;
  readonly publish: (event: ChronosEvent) => void;
}
