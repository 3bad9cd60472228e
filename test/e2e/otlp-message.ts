/** A span as it came over the wire, as far as tests look into it. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the root of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  /** Of the enumeration `SpanKind`: 1 is internal, 3 a client. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Of the enumeration `StatusCode`: 2 is an error. */
  readonly status: number;
  /** Of the process that sent it. */
  readonly resource: Readonly<Record<string, unknown>>;
}

type Field = readonly [number: number, value: Buffer | bigint];

/**
 * The spans of an `ExportTraceServiceRequest`.
 *
 * @see https://github.com/open-telemetry/opentelemetry-proto/blob/v1.7.0/opentelemetry/proto/trace/v1/trace.proto
 */
export function spansOf(message: Buffer): ReceivedSpan[] {
  return messagesAt(message, 1).flatMap((resourceSpans) => {
    const resource = attributesAt(messagesAt(resourceSpans, 1)[0] ?? Buffer.alloc(0), 1);
    return messagesAt(resourceSpans, 2)
      .flatMap((scopeSpans) => messagesAt(scopeSpans, 2))
      .map((span) => spanOf(span, resource));
  });
}

function spanOf(span: Buffer, resource: Readonly<Record<string, unknown>>): ReceivedSpan {
  return {
    traceId: bytesAt(span, 1).toString('hex'),
    spanId: bytesAt(span, 2).toString('hex'),
    parentSpanId: bytesAt(span, 4).toString('hex'),
    name: bytesAt(span, 5).toString('utf8'),
    kind: numberAt(span, 6),
    attributes: attributesAt(span, 9),
    status: numberAt(bytesAt(span, 15), 3),
    resource,
  };
}

function attributesAt(message: Buffer, number: number): Record<string, unknown> {
  const pairs = messagesAt(message, number);
  return Object.fromEntries(
    pairs.map((pair) => [bytesAt(pair, 1).toString('utf8'), valueOf(bytesAt(pair, 2))]),
  );
}

/** An `AnyValue`: text, truth, whole number or a list. */
function valueOf(message: Buffer): unknown {
  const [field] = fieldsOf(message);
  if (field === undefined) return null;
  const [number, value] = field;
  if (typeof value === 'bigint') return number === 2 ? value === 1n : Number(value);
  if (number === 5) return messagesAt(value, 1).map(valueOf);
  return value.toString('utf8');
}

function messagesAt(message: Buffer, wanted: number): Buffer[] {
  return fieldsOf(message).flatMap(([number, value]) =>
    number === wanted && typeof value !== 'bigint' ? [value] : [],
  );
}

function bytesAt(message: Buffer, wanted: number): Buffer {
  return messagesAt(message, wanted)[0] ?? Buffer.alloc(0);
}

function numberAt(message: Buffer, wanted: number): number {
  const found = fieldsOf(message).find(([number]) => number === wanted)?.[1];
  return typeof found === 'bigint' ? Number(found) : 0;
}

/** @see https://protobuf.dev/programming-guides/encoding/ */
function fieldsOf(message: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at);
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const slice = (length: number): Buffer => {
    if (at + length > message.length) throw new Error('a field is longer than its message');
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = Number(varint());
    const number = tag >> 3;
    switch (tag & 7) {
      case 0:
        fields.push([number, varint()]);
        break;
      case 1:
        fields.push([number, slice(8)]);
        break;
      case 2:
        fields.push([number, slice(Number(varint()))]);
        break;
      case 5:
        fields.push([number, slice(4)]);
        break;
      default:
        throw new Error(`no wire type of protobuf: ${tag & 7}`);
    }
  }
  return fields;
}
