/** The HTTP faces of a Chronos: requests in, answers out, for its own API and Metronome's. */
import type {FrameworkReply} from '../../../scheduler.ts';
import type {HttpAnswer} from '../../http/answers.ts';
import type {HttpRequest} from '../../http/http-request.ts';
import {Router} from '../../http/routes.ts';
import type {Commands} from '../commands.ts';
import type {ChronosParts} from '../parts.ts';
import {JobsResource} from './jobs-resource.ts';
import {parseRequest} from './requests.ts';

/** Chronos 3 and Chronos 2 have the same paths below different prefixes. */
const PREFIXES = ['/v1/scheduler', '/scheduler'] as const;

export class ChronosApi {
  readonly #router: Router;

  constructor(commands: Commands, parts: ChronosParts) {
    const jobs = new JobsResource(commands, parts);
    this.#router = new Router(PREFIXES.flatMap((prefix) => jobs.routes(prefix)));
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
