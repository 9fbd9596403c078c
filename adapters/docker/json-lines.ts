/** Streams of JSON values, a line each, as the engine sends events and the progress of a pull. */

/** A longer line is no line of an engine. */
const LINE_BYTES_MAX = 4_000_000;

/** @throws if a line is no JSON, or endless. */
export async function* readLines(stream: NodeJS.ReadableStream): AsyncGenerator {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = rest.toString('utf8', 0, end).trim();
      rest = rest.subarray(end + 1);
      if (line !== '') yield JSON.parse(line);
    }
    if (rest.length > LINE_BYTES_MAX) throw new SyntaxError('a line without end');
  }
  const line = rest.toString('utf8').trim();
  if (line !== '') yield JSON.parse(line);
}
