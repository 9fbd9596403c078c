/** What the answer to a probe means (reference part 4.2). Pure. */
import type {ProbeOutcome} from '../../../probes.ts';
import type {HealthCheck} from '../definition/app-definition.ts';
import type {Verdict} from './health-record.ts';

const HEALTHY: Verdict = {kind: 'healthy'};
const IGNORED: Verdict = {kind: 'ignored'};

/** 200 to 399 and a connection are well; 1xx says nothing where the check wants that. */
export function verdictOf(
  {ignoreHttp1xx}: Pick<HealthCheck, 'ignoreHttp1xx'>,
  outcome: ProbeOutcome,
): Verdict {
  switch (outcome.kind) {
    case 'connected':
      return HEALTHY;
    case 'failed':
      return {kind: 'unhealthy', cause: outcome.cause};
    case 'http': {
      const {status} = outcome;
      if (status >= 200 && status < 400) return HEALTHY;
      if (ignoreHttp1xx === true && status >= 100 && status < 200) return IGNORED;
      return {kind: 'unhealthy', cause: `HTTP status ${status}`};
    }
  }
}
