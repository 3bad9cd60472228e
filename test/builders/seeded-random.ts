import { createHash } from 'node:crypto';

/** A stream of numbers and bytes that depends on nothing but its seed. */
export interface SeededRandom {
  /** The next number in [0, 1). */
  next(): number;
  /** The next integer in [0, limit). */
  integer(limit: number): number;
  /** The next bytes; incompressible, as the content of a layer is. */
  bytes(length: number): Buffer;
  /** The next number of a normal distribution with mean 0 and deviation 1. */
  normal(): number;
}

/** A generator for one seed: the small fast counter generator sfc32, its state taken from the seed's SHA-256. */
export function seededRandom(seed: string): SeededRandom {
  const key = createHash('sha256').update(seed).digest();
  const state = new Uint32Array([key.readUInt32LE(0), key.readUInt32LE(4), key.readUInt32LE(8), 1]);
  let drawnBytes = 0;
  const next = (): number => {
    const [a = 0, b = 0, c = 0, counter = 0] = state;
    const mixed = (a + b + counter) >>> 0;
    state.set([b ^ (b >>> 9), c + (c << 3), ((c << 21) | (c >>> 11)) + mixed, counter + 1]);
    return mixed / 2 ** 32;
  };
  // The first outputs of similar states are similar; twelve rounds are what the generator's author runs.
  for (let round = 0; round < 12; round += 1) next();
  return {
    next,
    integer: (limit) => Math.floor(next() * limit),
    bytes: (length) => {
      drawnBytes += 1;
      return createHash('shake256', { outputLength: Math.max(1, length) })
        .update(`${seed}#${drawnBytes}`)
        .digest()
        .subarray(0, length);
    },
    // Box-Muller; 1 - x keeps the logarithm away from zero.
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}
