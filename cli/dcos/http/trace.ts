/** What `-v` and `-vv` tell of requests and answers, on stderr; tokens never. */
import type {IncomingHttpHeaders, OutgoingHttpHeaders} from 'node:http';
import type {Trace} from './client.ts';

/** Long bodies are cut there. */
const SHOWN_MAX = 4000;

/** @param level 1: what was asked and how it went; 2: with headers and bodies. */
export function makeTrace(level: 1 | 2, say: (line: string) => void): Trace {
  return {
    sent(method, url, headers, body) {
      say(`> ${method} ${url}`);
      if (level === 2) tell(headers, body, '>', say);
    },
    came({url, status, reason, headers}, body) {
      say(`< ${status} ${reason} (${url})`);
      if (level === 2) tell(headers, body, '<', say);
    },
  };
}

function tell(
  headers: IncomingHttpHeaders | OutgoingHttpHeaders,
  body: string | Uint8Array | undefined,
  mark: string,
  say: (line: string) => void,
): void {
  for (const [name, value] of Object.entries(headers)) {
    const isSecret = /^(authorization|cookie|set-cookie)$/i.test(name);
    say(`${mark} ${name}: ${isSecret ? '********' : String(value)}`);
  }
  const text = body === undefined ? '' : Buffer.from(body).toString();
  if (text === '') return;
  const shown = text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
  for (const line of shown.split('\n')) say(`${mark} ${masked(line)}`);
}

/** Logins and their answers hold secrets in their bodies. */
function masked(line: string): string {
  return line.replaceAll(/"(token|password)"\s*:\s*"(?:[^"\\]|\\.)*"/g, '"$1": "********"');
}
