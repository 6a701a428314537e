/** Bytes that are not what they should be. `fault` says what is wrong, in words of ours. */
export class Unreadable extends Error {
  readonly fault: string;

  constructor(fault: string) {
    super(fault);
    this.name = 'Unreadable';
    this.fault = fault;
  }
}

/** Reads the types of RFC 4251, section 5, one after the other. Every method throws Unreadable. */
export class WireReader {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  bytes(length: number): Buffer {
    if (length > this.#bytes.length - this.#position) {
      throw new Unreadable('it ends too early');
    }
    this.#position += length;
    return this.#bytes.subarray(this.#position - length, this.#position);
  }

  byte(): number {
    return this.bytes(1).readUInt8();
  }

  uint32(): number {
    return this.bytes(4).readUInt32BE();
  }

  string(): Buffer {
    return this.bytes(this.uint32());
  }

  /** A string of printable ASCII characters: names of types, algorithms and namespaces. */
  name(): string {
    const text = this.string().toString('latin1');
    if (!/^[!-~]*$/.test(text)) {
      throw new Unreadable('a name in it has characters that no name has');
    }
    return text;
  }

  /** The magnitude of a positive number, without leading zeros. */
  positiveNumber(): Buffer {
    const bytes = this.string();
    const [first = 0, second = 0] = bytes;
    if (bytes.length === 0 || first >= 0x80 || (first === 0 && second < 0x80)) {
      throw new Unreadable('a number in it is not positive, or not in its shortest form');
    }
    return first === 0 ? bytes.subarray(1) : bytes;
  }

  end(): void {
    if (this.#position !== this.#bytes.length) {
      throw new Unreadable('it has more bytes than it should have');
    }
  }
}

/** A string as RFC 4251 writes it. */
export function wireString(content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** The bytes of a text in base64. Only the one spelling that encoding them gives is read; throws Unreadable. */
export function base64Bytes(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (text === '' || bytes.toString('base64') !== text) {
    throw new Unreadable('it is not base64');
  }
  return bytes;
}
