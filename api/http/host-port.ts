/** `host:port`, with an IPv6 address in brackets. */
export function hostPort({
  hostname,
  port,
}: {
  readonly hostname: string;
  readonly port: number;
}): string {
  return hostname.includes(':') ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
