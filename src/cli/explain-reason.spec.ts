import { describe, expect, it } from '@jest/globals';
import { REASON_CODES } from '../planning/reason-code.ts';
import { explainReason } from './explain-reason.ts';

describe('explainReason', () => {
  it.each(REASON_CODES)('says of %s what it means and what to do, in one short sentence each', (reason) => {
    const { meaning, next } = explainReason(reason);
    const sentence = /^(?:[A-Z].{10,139}\.|Nothing\.)$/;
    expect(meaning).toMatch(sentence);
    expect(next).toMatch(sentence);
  });

  it('says something different of every code', () => {
    const meanings = REASON_CODES.map((reason) => explainReason(reason).meaning);
    expect(new Set(meanings).size).toBe(REASON_CODES.length);
  });
});
