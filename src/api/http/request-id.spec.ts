import { describe, expect, it } from '@jest/globals';
import { requestIdOf } from './request-id.ts';

const MADE = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe('the id of a request', () => {
  it.each(['1', 'deploy-42', '0af7651916cd43dd8448eb211c80319c', 'Root=1-67891233-abcdef012345678912345678'])(
    'is the one of its sender: %s',
    (id) => {
      expect(requestIdOf({ 'x-request-id': id })).toBe(id);
    },
  );

  it.each([
    ['there is none', undefined],
    ['it is empty', ''],
    ['it breaks a line', 'a\nb'],
    ['it hides in the terminal', 'a\u001b[2K'],
    ['it is JSON', '{"level":"error"}'],
    ['it is longer than 128 characters', 'a'.repeat(129)],
    ['it came twice', 'one, two'],
  ])('is made where %s', (_what, id) => {
    expect(requestIdOf(id === undefined ? {} : { 'x-request-id': id })).toMatch(MADE);
  });
});
