/** A caller in a comment: `Called by …`, `Used by …`, `for the …Repository`, or a method such as `UserRepository.list`. */
const CALLER =
  /\b(?:[Cc]alled|[Uu]sed) by\b|\b[Ff]or the \w+(?:Repository|Queue|Store)\b|\b[A-Z]\w+\.[a-z]\w*\b/;
const COMMENT = /\/\*(?<text>.*?)\*\//gs;

/**
 * Finds comments of a query file that name a caller. Nothing keeps such a name true when the caller is renamed; a
 * comment says why the statement is written as it is.
 * @returns one line for each such comment.
 */
export function findCallerNames(file: string, sql: string): string[] {
  return [...sql.matchAll(COMMENT)].flatMap(({ index, groups: { text = '' } = {} }) => {
    const name = CALLER.exec(text)?.[0];
    const line = sql.slice(0, index).split('\n').length;
    return name === undefined ? [] : [`${file}:${line} names a caller in a comment: "${name}"`];
  });
}
