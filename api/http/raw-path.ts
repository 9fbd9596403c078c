/**
 * Paths as they are sent. Ids of apps come with double, encoded and trailing slashes, and agents
 * are called `slave(1)`, so routing looks at the beginning of a path only and leaves the rest
 * alone.
 */

/** Path and query of a request's target, which may also be a whole URL (RFC 9112, 3.2.2). */
export function targetOf(url: string): string {
  if (url.startsWith('/')) return url;
  const whole = /^https?:\/\/[^/?#]*/i.exec(url);
  if (whole === null) return `/${url}`;
  const rest = url.slice(whole[0].length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** As it was meant by clients that put a path behind a slash: with a single one in front. */
export function withOneSlash(path: string): string {
  return path.replace(/^\/+/, '/');
}

export function withoutQuery(path: string): string {
  const at = path.indexOf('?');
  return at < 0 ? path : path.slice(0, at);
}

/** The query, without its question mark. */
export function queryText(path: string): string {
  const at = path.indexOf('?');
  return at < 0 ? '' : path.slice(at + 1);
}

export function queryOf(path: string): URLSearchParams {
  return new URLSearchParams(queryText(path));
}

/**
 * What is left of a path behind `prefix`, which it must have as whole segments; undefined: it has
 * not. Begins with a slash; is empty if the path ends with the prefix.
 */
export function behind(path: string, prefix: string): string | undefined {
  if (!path.startsWith(prefix)) return undefined;
  const rest = path.slice(prefix.length);
  return rest === '' || rest.startsWith('/') || rest.startsWith('?') ? rest : undefined;
}

/** The first segment, decoded, and what is left behind it; undefined: a bad escape. */
export function firstSegment(
  path: string,
): {readonly segment: string; readonly rest: string} | undefined {
  const [, raw = '', rest = ''] = /^\/([^/?]*)(.*)$/s.exec(path) ?? [];
  const segment = decodeSegment(raw);
  return segment === undefined ? undefined : {segment, rest};
}

export function decodeSegment(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
