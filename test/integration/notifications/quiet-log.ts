import { ServiceLog, type LogFields } from '../../../src/jobs/service-log.ts';

/** Keeps what was said, and shows nobody. */
export class QuietLog extends ServiceLog {
  readonly lines: { readonly message: string; readonly fields: LogFields }[] = [];

  override debug(fields: LogFields, message: string): void {
    this.lines.push({ fields, message });
  }

  override info(fields: LogFields, message: string): void {
    this.lines.push({ fields, message });
  }

  override warn(fields: LogFields, message: string): void {
    this.lines.push({ fields, message });
  }

  override error(fields: LogFields, message: string): void {
    this.lines.push({ fields, message });
  }
}
