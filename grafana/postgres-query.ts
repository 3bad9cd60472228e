import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import { DATABASE } from './data-sources.ts';

/** What Grafana's PostgreSQL data source takes. The SDK has no type of its own for it. */
interface PostgresDataquery extends Dataquery {
  readonly datasource: DataSourceRef;
  readonly format: 'table';
  readonly editorMode: 'code';
  readonly rawQuery: true;
  readonly rawSql: string;
  readonly refId: string;
}

/** One statement whose rows are those of a table. */
export class PostgresQuery implements Builder<Dataquery> {
  readonly #statement: string;
  #refId = '';

  constructor(statement: string) {
    this.#statement = statement.trim();
  }

  refId(refId: string): this {
    this.#refId = refId;
    return this;
  }

  build(): PostgresDataquery {
    return {
      datasource: DATABASE,
      format: 'table',
      editorMode: 'code',
      rawQuery: true,
      rawSql: this.#statement,
      refId: this.#refId,
      // A mark for the type system only, which no document has.
      _implementsDataqueryVariant: () => undefined,
    };
  }
}
