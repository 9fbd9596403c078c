/** Where faces write what they have served and what went wrong: pino's loggers fit. */
export interface ApiLogger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export const SILENT: ApiLogger = {
  info: () => {},
  warn: () => {},
  error: () => {},
};
