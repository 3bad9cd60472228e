import { answer } from '../../fakes/fake-answer.ts';
import type { Fault } from '../../fakes/fake-fault.ts';

/** A registry that repeats in its error what it was sent: the header as it is, and what is in it. */
export function echoOfSecrets(status: number, form: 'json' | 'text'): Fault {
  return {
    kind: 'edit',
    edit: (_answer, { headers }) => {
      const sent = headers.authorization ?? 'nothing';
      const [, credentials = ''] = sent.split(' ');
      const message = `you sent ${sent}, which is ${Buffer.from(credentials, 'base64').toString('utf8')}`;
      return form === 'text'
        ? answer(status, { 'Content-Type': 'text/plain' }, message)
        : answer(
            status,
            { 'Content-Type': 'application/json' },
            JSON.stringify({ errors: [{ code: `CODE ${sent}`, message, detail: sent }] }),
          );
    },
  };
}
