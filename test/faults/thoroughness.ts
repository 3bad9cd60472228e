/** `FAULT_MATRIX=all` asks for everything; else a part, the same part every time, is what everybody's test run has time for. */
export const isThorough = process.env.FAULT_MATRIX === 'all';
