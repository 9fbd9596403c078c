/** The health check that several cases have, word by word. */
type Json = Readonly<Record<string, unknown>>;

/** A check needs a port to ask at. */
export const CHECKED_PORTS: Json = {portDefinitions: [{port: 0}]};

export const CHECK: Json = {
  protocol: 'HTTP',
  path: '/',
  portIndex: 0,
  gracePeriodSeconds: 3,
  intervalSeconds: 1,
  timeoutSeconds: 2,
  maxConsecutiveFailures: 3,
};
