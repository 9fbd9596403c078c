/** Much more than anybody reads of what he sent himself. */
const CHARACTERS_MAX = 200;

/** A text of a body as errors quote it: the beginning of it, if it is long. */
export function excerpt(text: string): string {
  return text.length <= CHARACTERS_MAX ? text : `${text.slice(0, CHARACTERS_MAX)}…`;
}
