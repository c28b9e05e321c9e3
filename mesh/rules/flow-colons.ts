/**
 * A colon at the end of a word in a flow list or map: `[2001:db8::]`, `{ a: fe80:: }`. YAML 1.2 ends the word before it;
 * kubectl's parser takes it as part of the word wherever no blank follows. Here the lexer is made to do so.
 */
import { type CST, Lexer, Parser } from 'yaml';

/** As `new Parser(onNewLine).parse(text)`. */
export function* parseAsKubectl(
  text: string,
  onNewLine: (offset: number) => void,
): Generator<CST.Token, void> {
  const parser = new Parser(onNewLine);
  onNewLine(0);
  for (const lexeme of joinColons(new Lexer().lex(text))) yield* parser.next(lexeme);
  yield* parser.end();
}

/** Stands before a word without quotes. */
const wordFollows = '\x1f';

function* joinColons(lexemes: Iterable<string>): Generator<string> {
  const all = [...lexemes];
  for (let i = 0; i < all.length; i++) {
    const lexeme = all[i] as string;
    // Where nothing stands for the value, the lexer may say so with an empty word.
    const isEmptyWord = all[i + 2] === wordFollows && all[i + 3] === '';
    const behind = all[isEmptyWord ? i + 4 : i + 2] ?? '';
    if (all[i - 1] === wordFollows && all[i + 1] === ':' && [',', ']', '}'].includes(behind)) {
      yield `${lexeme}:`;
      i += isEmptyWord ? 3 : 1;
    } else yield lexeme;
  }
}
