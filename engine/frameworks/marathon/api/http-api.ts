/** The v2 API: requests in, answers out. */
import type {CommandParts, Commands} from './commands.ts';
import type {HttpRequest} from './requests.ts';

export interface HttpParts extends CommandParts {
  readonly queue: unknown;
  readonly readiness: unknown;
  readonly failures: unknown;
  readonly options: unknown;
}

export class HttpApi {
  constructor(_commands: Commands, _parts: HttpParts) {}

  answer(_request: HttpRequest): unknown {
    return {status: 500, headers: {}, body: null};
  }
}
