import { findPrometheus, NoPrometheusError, type PrometheusPrograms } from './prometheus-programs.ts';

/** What a spec needs to choose between `describe` and `describe.skip`, with the reason in the title. */
export interface PrometheusForTests {
  readonly isAvailable: boolean;
  /** Throws the reason where there are none. */
  readonly programs: () => PrometheusPrograms;
  /** "<title> (Prometheus 2.42.0 (Debian package))", or the reason why the block is skipped. */
  titleOf(title: string): string;
}

/** Looks for a Prometheus and never throws for the lack of one. For the top level of a spec file. */
export async function prometheusForTests(): Promise<PrometheusForTests> {
  try {
    const programs = await findPrometheus();
    return {
      isAvailable: true,
      programs: () => programs,
      titleOf: (title) => `${title} (Prometheus ${programs.version} (${programs.origin}))`,
    };
  } catch (error) {
    if (!(error instanceof NoPrometheusError)) throw error;
    return {
      isAvailable: false,
      programs: () => {
        throw error;
      },
      titleOf: (title) => `${title} (skipped: ${error.message})`,
    };
  }
}
