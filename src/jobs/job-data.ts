/** A job by what it is about. */
export type JobData = Readonly<Record<string, string>>;
