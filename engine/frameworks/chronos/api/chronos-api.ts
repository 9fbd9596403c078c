/** The HTTP faces of a Chronos: requests in, answers out, for its own API and Metronome's. */
import type {FrameworkReply} from '../../../scheduler.ts';
import {ok, textAnswer, unknownRoute, type HttpAnswer} from '../../http/answers.ts';
import type {HttpRequest} from '../../http/http-request.ts';
import {Router, type Route} from '../../http/routes.ts';
import type {Commands} from '../commands.ts';
import type {ChronosParts} from '../parts.ts';
import {graphRoutes} from './graph-resource.ts';
import {jobListRoutes} from './job-lists.ts';
import {JobsResource} from './jobs-resource.ts';
import {chronosJobs} from './job-form.ts';
import {metricsForm} from './metrics-form.ts';
import {unknownRoute as unknownToMetronome} from './metronome/answer-form.ts';
import {metronomeRoutes} from './metronome/metronome-routes.ts';
import {parseRequest} from './requests.ts';
import {resultRoutes} from './results-resource.ts';
import {RunsResource} from './runs-resource.ts';
import {StatsResource} from './stats-resource.ts';
import {submitRoutes} from './submit-resource.ts';

/** Chronos 3 and, below another prefix, Chronos 2, which has the same paths and some more. */
const PREFIXES = {chronos3: '/v1/scheduler', chronos2: '/scheduler'} as const;

export class ChronosApi {
  readonly #router: Router;

  constructor(commands: Commands, parts: ChronosParts) {
    const {chronos2, chronos3} = PREFIXES;
    const routes: readonly Route[] = [
      ...schedulerRoutes(chronos3, commands, parts),
      ...submitRoutes(chronos3, {methods: ['POST'], commands, parts}),
      ...schedulerRoutes(chronos2, commands, parts),
      ...submitRoutes(chronos2, {methods: ['POST', 'PUT'], commands, parts}),
      ...resultRoutes(chronos2, parts),
      ...metronomeRoutes(commands, parts),
      ['GET', '/metrics', () => ok(metricsForm(chronosJobs(parts.book)))],
      ['GET', '/ping', () => textAnswer(200, 'pong')],
    ];
    this.#router = new Router(routes, (path) =>
      isChronos(path) ? unknownRoute(path) : unknownToMetronome(path),
    );
  }

  handle(value: unknown): FrameworkReply {
    const parsed = parseRequest(value);
    if (!parsed.ok) return parsed;
    return {ok: true, body: this.#answer(parsed.request)};
  }

  /** The answer to GET, which changes nothing. */
  get(request: Pick<HttpRequest, 'headers' | 'path'>): HttpAnswer {
    return this.#answer({kind: 'http', method: 'GET', ...request});
  }

  /** Like Chronos, its paths may be asked by pages of any origin; Metronome's may not. */
  #answer(request: HttpRequest): HttpAnswer {
    const answer = this.#router.answer(request);
    if (!isChronos(request.path)) return answer;
    return {...answer, headers: {...answer.headers, 'Access-Control-Allow-Origin': '*'}};
  }
}

function isChronos(path: string): boolean {
  return Object.values(PREFIXES).some((prefix) => path.startsWith(`${prefix}/`));
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
