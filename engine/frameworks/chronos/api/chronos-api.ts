/** The HTTP faces of a Chronos: requests in, answers out, for its own API and Metronome's. */
import type {FrameworkReply} from '../../../scheduler.ts';
import {ok, textAnswer, type HttpAnswer} from '../../http/answers.ts';
import type {HttpRequest} from '../../http/http-request.ts';
import {Router, type Route} from '../../http/routes.ts';
import type {Commands} from '../commands.ts';
import type {ChronosParts} from '../parts.ts';
import {graphRoutes} from './graph-resource.ts';
import {jobListRoutes} from './job-lists.ts';
import {JobsResource} from './jobs-resource.ts';
import {metricsRoutes} from './metrics-resource.ts';
import {parseRequest} from './requests.ts';
import {resultRoutes} from './results-resource.ts';
import {RunsResource} from './runs-resource.ts';
import {StatsResource} from './stats-resource.ts';
import {submitRoutes} from './submit-resource.ts';

export class ChronosApi {
  readonly #router: Router;

  constructor(commands: Commands, parts: ChronosParts) {
    this.#router = new Router([
      ...schedulerRoutes('/v1/scheduler', commands, parts),
      ...submitRoutes('/v1/scheduler', {methods: ['POST'], commands, parts}),
      // Chronos 2 has the same paths below another prefix, and some more.
      ...schedulerRoutes('/scheduler', commands, parts),
      ...submitRoutes('/scheduler', {methods: ['POST', 'PUT'], commands, parts}),
      ...resultRoutes('/scheduler', parts),
      ...metricsRoutes(parts),
      ['GET', '/ping', () => textAnswer(200, 'pong')],
    ]);
  }

  handle(value: unknown): FrameworkReply {
    const parsed = parseRequest(value);
    if (!parsed.ok) return parsed;
    return {ok: true, body: this.#router.answer(parsed.request)};
  }

  /** The answer to GET, which changes nothing. */
  get(request: Pick<HttpRequest, 'headers' | 'path'>): HttpAnswer {
    return this.#router.answer({kind: 'http', method: 'GET', ...request});
  }
}

function schedulerRoutes(
  prefix: string,
  commands: Commands,
  parts: ChronosParts,
): readonly Route[] {
  return [
    ...jobListRoutes(prefix, parts),
    ...new JobsResource(commands, parts).routes(prefix),
    ...new StatsResource(commands, parts).routes(prefix),
    ...new RunsResource(parts).routes(prefix),
    ...graphRoutes(prefix, parts),
    ['GET', `${prefix}/leader`, () => ok({leader: parts.options.leader})],
  ];
}
