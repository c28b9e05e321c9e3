/**
 * What an option may be told. It goes on into YAML, into paths and into the words of other programs, so what does not
 * fit is refused here, with the option's name.
 */
import { InvalidArgumentError } from 'commander';

/** A parser of an option's value; commander adds the option's name to what it says. */
type Parser<T> = (text: string) => T;

/** Text of a form. */
function parserOf(form: RegExp, expected: string): Parser<string> {
  return (text) => {
    if (!form.test(text)) throw new InvalidArgumentError(`Expected ${expected}.`);
    return text;
  };
}

/** A whole number from `least` to `most`. */
function numberParser(least: number, most: number, expected: string): Parser<number> {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < least || number > most) {
      throw new InvalidArgumentError(`Expected ${expected}.`);
    }
    return number;
  };
}

export const parsePort = numberParser(1, 65535, 'a port, from 1 to 65535');
export const parseSeconds = numberParser(1, 86_400, 'a whole number of seconds, from 1 to 86400');
export const parsePods = numberParser(1, 1000, 'a number of pods, from 1 to 1000');

const host = '[a-z0-9][a-z0-9.-]*(:[0-9]+)?';
const path = '(/[a-z0-9._-]+)*';
const tag = '(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?';

/** As charts/version has it: https://github.com/distribution/reference/blob/main/reference.go, without rarities. */
export const imageForm = new RegExp(`^${host}${path}${tag}(@sha256:[0-9a-f]{64})?$`);
export const parseImage = parserOf(imageForm, 'an image: repository:tag or repository@sha256:digest');

export const parseRegistry = parserOf(
  new RegExp(`^${host}${path}$`),
  'a registry and perhaps a path, without https://: registry.example.com/team',
);

/** kind's own rule, and no dash first, where docker would see an option. */
export const parseClusterName = parserOf(
  /^[a-z0-9][a-z0-9.-]*$/,
  'a name of a-z, 0-9, "." and "-" that begins with a letter or digit',
);

export const parseRelease = parserOf(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/, 'a release like 1.31.1');

/** A folder, or a URL: not an option of helm's. */
export const parseCharts = parserOf(/^[^-\s][^\n]*$/, 'a folder, https://… or oci://…');

/** What kubectl reads objects from, and no option of its. */
export const parseCrds = parserOf(/^[^-\s][^\n]*$/, 'a file, a folder or https://…');
