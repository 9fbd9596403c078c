/** The HTTP face of Metronome (reference part 8.1). */
import {ok} from '../../../http/answers.ts';
import type {Route} from '../../../http/routes.ts';
import type {Commands} from '../../commands.ts';
import type {ChronosParts} from '../../parts.ts';
import {metricsForm} from '../metrics-form.ts';
import {metronomeJobs} from './job-form.ts';
import {MetronomeJobs} from './jobs-resource.ts';
import {MetronomeRuns} from './runs-resource.ts';
import {MetronomeSchedules} from './schedules-resource.ts';

/** Whose behaviour is kept: Metronome, and the Marathon that it was built on. */
const VERSION = '0.6.48';
const MARATHON_VERSION = '1.11.24';

export function metronomeRoutes(commands: Commands, parts: ChronosParts): readonly Route[] {
  const {book, options} = parts;
  const config = {'metronome.history.count': options.historyMax};
  const info = {version: VERSION, libVersion: MARATHON_VERSION, config};
  return [
    ...new MetronomeJobs(commands, parts).routes(),
    ...new MetronomeSchedules(commands, parts).routes(),
    ...new MetronomeRuns(commands, parts).routes(),
    ['GET', '/info', () => ok(info)],
    ['GET', '/leader', () => ok({leader: options.leader})],
    ['GET', '/v1/metrics', () => ok(metricsForm(metronomeJobs(book)))],
  ];
}
