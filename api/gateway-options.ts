/** How a gateway is set up. */
import {SILENT, type ApiLogger} from './http/api-logger.ts';
import {HTTP_LIMITS, type HttpLimits} from './http/limits.ts';

export interface GatewayOptions {
  readonly limits: HttpLimits;
  /** Where there are any, all requests but those for health must show one of them. */
  readonly tokens: readonly string[];
  readonly logger: ApiLogger;
  /** ms since 1970. */
  readonly now: () => number;
  /** `Access-Control-Allow-Origin` of Marathon's answers; undefined: none. */
  readonly corsOrigin: string | undefined;
  readonly clusterId: string;
  readonly clusterName: string;
  /** `PUBLIC_IPV4` in `/metadata`; undefined: that of this master, or its name. */
  readonly publicIp: string | undefined;
  /** Whether `/state.json` and its like are served, which Mesos had until 1.7. */
  readonly jsonSuffixes: boolean;
  /** `/files/…` of the master shows this file as `/master/log`. */
  readonly logFile: string | undefined;
  readonly streams: StreamLimits;
  readonly proxy: ProxyTiming;
}

/** Of `/v2/events`. */
export interface StreamLimits {
  readonly streamsMax: number;
  /** A client that lets so many events, or bytes of them, wait is hung up on. */
  readonly waitingMax: number;
  readonly waitingBytesMax: number;
  /** Of events that any stream has not written yet, each once; then the slowest are hung up on. */
  readonly heldBytesMax: number;
  readonly heartbeatMs: number;
}

/** How a follower looks for the leader (Marathon reference 9.3). */
export interface ProxyTiming {
  readonly looksMax: number;
  readonly lookIntervalMs: number;
  readonly connectMs: number;
  readonly silenceMs: number;
}

export const GATEWAY_DEFAULTS: GatewayOptions = {
  limits: HTTP_LIMITS,
  tokens: [],
  logger: SILENT,
  now: Date.now,
  corsOrigin: undefined,
  clusterId: 'drydock',
  clusterName: 'drydock',
  publicIp: undefined,
  jsonSuffixes: false,
  logFile: undefined,
  streams: {
    streamsMax: 1000,
    waitingMax: 1024,
    waitingBytesMax: 16 * 1024 * 1024,
    heldBytesMax: 256 * 1024 * 1024,
    heartbeatMs: 10_000,
  },
  proxy: {looksMax: 10, lookIntervalMs: 250, connectMs: 5000, silenceMs: 10_000},
};
