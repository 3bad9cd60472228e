import pretty from 'pino-pretty';

/** What the sentence of a line for people has already, and what only programs want. */
const IN_SENTENCE = ['link', 'secondary', 'repository', 'tag', 'kind', 'primaryDigest', 'secondaryDigest'];

/** Whether a terminal wants colours. */
export type LineLook = 'colored' | 'plain';

/** One line per line: what happened and to what, then the rest of its fields. */
export function prettyLines(destination: NodeJS.WritableStream, look: LineLook): ReturnType<typeof pretty> {
  return pretty({
    colorize: look === 'colored',
    destination,
    sync: true,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss',
    ignore: IN_SENTENCE.join(','),
    messageFormat: (line, messageKey) => sentenceOf(line, messageKey),
  });
}

/** Like `copy-tag done: team/app:v1 (eu-to-us, us)`. */
function sentenceOf(line: Readonly<Record<string, unknown>>, messageKey: string): string {
  const textOf = (name: string): string => {
    const value = line[name];
    // A tag is what a registry says that it is: a terminal must not obey it.
    return typeof value === 'string' ? value.replaceAll(/\p{Cc}/gu, '\ufffd') : '';
  };
  const message = textOf(messageKey);
  const [repository, tag] = [textOf('repository'), textOf('tag')];
  const thing = tag === '' ? repository : `${repository}:${tag}`;
  const where = [textOf('link'), textOf('secondary')].filter((text) => text !== '').join(', ');
  return `${message}${thing === '' ? '' : `: ${thing}`}${where === '' ? '' : ` (${where})`}`;
}
