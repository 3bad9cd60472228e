/** The port through which the numbers of this process are shown to whoever collects them. */
export abstract class MetricsPage {
  /** The media type of the text, with its version. */
  abstract readonly contentType: string;

  /** All numbers, those that are kept in the database as of now. Without a database it leaves those out, and does not throw. */
  abstract text(): Promise<string>;
}
