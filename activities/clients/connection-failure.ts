import { errorReason, innermostCode } from '../errors/error-reason';
import { refuse, RefusalError } from '../errors/refusal-error';
import type { PemFile } from './authorities';

/** An address of the configuration, and whom it is believed to be. */
export interface ConfiguredAddress {
  readonly url: string;
  /** The field's path in the configuration, for messages. */
  readonly field: string;
  /** Who may sign for it; without, the authorities that Node.js brings along. */
  readonly authorities?: PemFile | undefined;
}

/** Codes of getaddrinfo: there is no such name, or nobody who knows could be asked (libuv: uv.h `UV_EAI_*`). */
const nameCodes = /^(ENOTFOUND|EAI_[A-Z]+)$/;

/** Codes of OpenSSL's verification and of a failed handshake, as Node.js names them (node: src/crypto/crypto_common.cc). */
const tlsCodes =
  /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|EPROTO$|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_(CA|PURPOSE)$|PATH_LENGTH_|HOSTNAME_MISMATCH$|ERROR_IN_CERT_)/;

/** Whether an error's code says that TLS failed, or that its certificate is not to be trusted. */
export function isTlsCode(code: string | undefined): boolean {
  return code !== undefined && tlsCodes.test(code);
}

/**
 * A connection that did not come about because of a name or of TLS, in the words of the catalogue; undefined when it was
 * for another reason, which the caller says in its own. A refusal stays as it is.
 */
export function connectionRefusal(error: unknown, address: ConfiguredAddress): RefusalError | undefined {
  if (error instanceof RefusalError) return error;
  const { url, field, authorities } = address;
  const code = innermostCode(error) ?? '';
  const reason = errorReason(error);
  if (nameCodes.test(code)) {
    return refuse('HOST_NAME_UNRESOLVED', { host: new URL(url).hostname, url, field, reason }, error);
  }
  if (isTlsCode(code)) {
    return refuse('TLS_FAILED', { url, field, reason, trusted: authorities }, error);
  }
  return undefined;
}
