/* eslint-disable jest/no-export -- these functions declare a suite; spec files call them */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { wholeScript } from './contract-script.ts';
import { type ContractChapter, type ContractMemory, type ContractStep } from './contract-step.ts';
import { type FlavourExpectations } from './expectations.ts';
import { type ExpectedAnswer, observe, portrait } from './observed-answer.ts';
import { sendWire, type WireAnswer } from './wire-client.ts';

/** A registry that runs for one describe block. It is empty at the start. */
interface ContractRegistry {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

type StartRegistry = () => Promise<ContractRegistry>;

/** Declares one test per request of the script, each against the registry that `start` gives. */
export function describeRegistryContract(
  name: string,
  start: StartRegistry,
  flavour: FlavourExpectations,
  script: readonly ContractChapter[] = wholeScript,
): void {
  describe(`the contract of ${name}`, () => {
    const registry = registryOfBlock(start);
    describe.each(script)('$title', ({ steps }) => {
      const memory: ContractMemory = new Map();
      it.each(steps)('$title', async (step) => {
        const { url } = registry();
        const expected = expectedOf(step, flavour);
        const answer = await play(url, step, memory);
        expect(observe({ answer, origin: url, jsonType: flavour.jsonType }, expected)).toEqual(expected);
      });
    });
  });
}

/** Declares one test per request of the script that compares every header and byte of two registries' answers. */
export function describeEqualAnswers(
  name: string,
  start: StartRegistry,
  startOther: StartRegistry,
  script: readonly ContractChapter[] = wholeScript,
): void {
  describe(`the same answers from ${name}`, () => {
    const registry = registryOfBlock(start);
    const other = registryOfBlock(startOther);
    describe.each(script)('$title', ({ steps }) => {
      const memory: ContractMemory = new Map();
      const otherMemory: ContractMemory = new Map();
      it.each(steps)('$title', async (step) => {
        const answer = await play(registry().url, step, memory);
        const otherAnswer = await play(other().url, step, otherMemory);
        expect(comparable(answer, registry().url, step)).toEqual(comparable(otherAnswer, other().url, step));
      });
    });
  });
}

function expectedOf({ expected }: ContractStep, flavour: FlavourExpectations): ExpectedAnswer {
  return typeof expected === 'function' ? expected(flavour) : expected;
}

function registryOfBlock(start: StartRegistry): () => ContractRegistry {
  let registry: ContractRegistry | undefined;
  beforeAll(async () => {
    registry = await start();
  });
  afterAll(async () => {
    await registry?.stop();
  });
  return () => {
    if (registry === undefined) throw new Error('the registry did not start');
    return registry;
  };
}

async function play(url: string, step: ContractStep, memory: ContractMemory): Promise<WireAnswer> {
  const answer = await sendWire(url, typeof step.send === 'function' ? step.send(memory) : step.send);
  step.remember?.(answer, memory);
  return answer;
}

const comparable = (answer: WireAnswer, origin: string, step: ContractStep): unknown =>
  step.varies === undefined ? portrait(answer, origin) : { status: answer.status };
