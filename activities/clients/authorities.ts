import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { errorReason } from '../errors/error-reason';
import { refuse, type RefusalError } from '../errors/refusal-error';

/** A PEM file that the configuration names. */
export interface PemFile {
  /** The field's path in the configuration, for messages. */
  readonly field: string;
  /** Absolute path. */
  readonly file: string;
}

/** PEM files, by their absolute paths. Without `caFile` the authorities that Node.js brings along are trusted. */
export interface TlsFiles {
  readonly caFile?: string;
  readonly certificateFile?: string;
  readonly keyFile?: string;
  /** The name in the server's certificate, when it is not the host of the address. */
  readonly serverName?: string;
}

const certificateBlock = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** What was found right in each file the last time. To look at a hundred certificates takes some 20 ms. */
const right = new Map<string, string>();

/**
 * The certificate authorities in a file, as PEM. Call it where a connection is made, so that a changed file is found.
 * Refuses TLS_FILE_UNUSABLE: Node.js itself takes a file without any certificate, and then trusts
 * nobody and says so of the server.
 */
export function readAuthorities(pem: PemFile): string {
  const text = readPem(pem).toString('latin1');
  if (right.get(pem.file) === text) {
    return text;
  }
  const blocks = text.match(certificateBlock) ?? [];
  if (blocks.length === 0) {
    throw unusable(pem, 'there is no PEM certificate in it');
  }
  for (const [position, block] of blocks.entries()) {
    try {
      new X509Certificate(block);
    } catch (error) {
      throw unusable(pem, `certificate ${position + 1} of ${blocks.length} in it cannot be read`, error);
    }
  }
  right.set(pem.file, text);
  return text;
}

/** A PEM file as it is; refuses TLS_FILE_UNUSABLE when it cannot be read. */
export function readPem(pem: PemFile): Buffer {
  try {
    return readFileSync(pem.file);
  } catch (error) {
    throw unusable(pem, errorReason(error), error);
  }
}

function unusable({ field, file }: PemFile, reason: string, cause?: unknown): RefusalError {
  return refuse('TLS_FILE_UNUSABLE', { field, file, reason }, cause);
}
