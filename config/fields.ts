import { isIP } from 'node:net';
import { z } from 'zod';
import { ALLOWED_KEYS } from '../approvals/public-key';
import { canonicalUrl, ORIGIN } from '../workflows/model/base-url';
import { DURATION, SIZE, parseDuration, parseSize } from './quantities';
import type { SecretSource } from './secrets';
import { Duration, HostPath, KeptElsewhere, Size } from './told';

/** The kinds of values in the configuration. The text of every zod issue says what is allowed there. */

/** `host:port`; a host is a name, an IPv4 address, or an IPv6 address in brackets. */
const ADDRESS = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?):\d{1,5}$/;

/** The same without names. */
const SOCKET_ADDRESS = /^(?:\[[0-9a-fA-F:.]+\]|\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/;

/** A time. Bounds are texts like `3.5s`, both included. */
export function duration(minimum: string, maximum: string) {
  const error = `a duration from ${minimum} to ${maximum}, such as 250ms, 3.5s or 10m`;
  return quantity(DURATION, parseDuration, minimum, maximum, error).transform((ms) => new Duration(ms));
}

/** A number of bytes. Bounds are texts like `1MiB`, both included. */
export function size(minimum: string, maximum: string) {
  const error = `a size from ${minimum} to ${maximum}, such as 512KiB or 32MiB`;
  return quantity(SIZE, parseSize, minimum, maximum, error).transform((bytes) => new Size(bytes));
}

function quantity(
  pattern: RegExp,
  parse: (text: string) => number | undefined,
  minimum: string,
  maximum: string,
  error: string,
) {
  const [least = 0, most = Infinity] = [parse(minimum), parse(maximum)];
  return z
    .string({ error })
    .regex(pattern, { error, abort: true })
    .transform((text) => parse(text) ?? NaN)
    .refine((value) => value >= least && value <= most, { error });
}

/** A number without a fraction, both bounds included. */
export function wholeNumber(minimum: number, maximum: number) {
  const error = `a whole number from ${minimum} to ${maximum}`;
  return z.int({ error }).min(minimum, { error }).max(maximum, { error });
}

/** One of a few words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, { error: words.join(' or ') });
}

/** A switch. */
export function yesOrNo() {
  return z.boolean({ error: 'true or false' });
}

/** A text of a form that is the most that a pattern can say of it; `fits` says the rest. */
function textThat(error: string, pattern: RegExp, fits: (value: string) => boolean) {
  return z.string({ error }).regex(pattern, { error, abort: true }).refine(fits, { error });
}

/** A text of at least one character, described by what it is. */
export function text(allowed: string, pattern = /^\S(?:.*\S)?$/) {
  return z.string({ error: allowed }).regex(pattern, { error: allowed });
}

/** A name that Kubernetes gives to an object whose name becomes part of a DNS name (RFC 1123, label). */
export const OBJECT_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** The name of such an object, described by what it is. */
export function objectName(what: string) {
  return text(`the name of ${what}: at most 63 small letters, digits and hyphens`, OBJECT_NAME);
}

/** `host:port`. */
export function address() {
  return textThat('an address as host:port, with a port from 1 to 65535', ADDRESS, hasPort);
}

/** A name, or an IP address, of version 6 without brackets. */
export function host() {
  const error = 'a DNS name or an IP address, without port, user and scheme';
  const isHost = (value: string): boolean => isIP(value) !== 0 || NAME.test(value);
  return textThat(error, /^[A-Za-z0-9._:-]+$/, isHost);
}

/** A DNS name. */
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;

function hasPort(value: string): boolean {
  const port = Number(value.slice(value.lastIndexOf(':') + 1));
  return port >= 1 && port <= 65535;
}

/** An IP address and a port: what listens without asking for a name. */
export function socketAddress() {
  const error = 'an IP address and a port from 1 to 65535, such as 127.0.0.1:9464 or [::1]:9464';
  return textThat(error, SOCKET_ADDRESS, isSocketAddress);
}

/** Whether a text is an IP address and a port, an IPv6 address in brackets. */
export function isSocketAddress(value: string): boolean {
  const host = value.slice(0, value.lastIndexOf(':')).replace(/^\[|\]$/g, '');
  return SOCKET_ADDRESS.test(value) && isIP(host) !== 0 && hasPort(value);
}

/** The base of other URLs: no query, no fragment; in one spelling in the result. */
export function baseUrl() {
  return url('a base URL such as http://127.0.0.1:3001, without user, query and fragment').transform(
    canonicalUrl,
  );
}

/** The address of a server that requests go on to as they came, so without a path; in one spelling in the result. */
export function origin() {
  const error = 'a URL such as http://127.0.0.1:3001, without user, path, query and fragment';
  return url(error, ORIGIN).transform(canonicalUrl);
}

/** The URL of a page of metrics. */
export function metricsUrl() {
  return url('a URL such as http://127.0.0.1:8091/metrics, without user, query and fragment');
}

/** The URL of one document. */
export function documentUrl() {
  return url('a URL such as https://example.com/trusted_root.json, without user, query and fragment');
}

function url(error: string, pattern = /^https?:\/\/[^\s/?#@]+(?:\/[^\s?#]*)?$/i) {
  return textThat(error, pattern, (value) => URL.canParse(value));
}

/** A path of the host; a relative one counts from the folder of the configuration. */
export function file(what: string) {
  return text(`the path of ${what}`).transform((path) => new HostPath(path));
}

/** The path of a file that is read each time it is needed, and whose field is named when it cannot be used. */
export function fileReadWhenNeeded(what: string) {
  return text(`the path of ${what}`).transform((path) => new KeptElsewhere({ file: path }));
}

/** A command as a list; no shell reads it. */
export function command(verb: string) {
  const error = `a list of a program and its arguments, such as [systemctl, ${verb}, rekor@blue]`;
  return z.array(z.string({ error }).min(1, { error }), { error }).min(1, { error });
}

/** A list of at least one entry. */
export function listOf<Item extends z.ZodType>(item: Item, what: string) {
  const error = `a list of at least one ${what}`;
  return z.array(item, { error }).min(1, { error });
}

/** The place of a secret. That it is one of two is said in words, because the value itself must never be shown. */
export function secret() {
  const error = '{ file: PATH } or { environment: NAME }, never the secret itself';
  const source = { error };
  return z
    .union(
      [
        z.strictObject({ file: text('the path of a file that holds the secret') }, source),
        z.strictObject({ environment: text('the name of a variable', /^[A-Za-z_][A-Za-z0-9_]*$/) }, source),
      ],
      source,
    )
    .transform((place) => new KeptElsewhere<SecretSource>(place));
}

/** A public key. What is wrong with one is said by a rule, in words: somebody may have put a private key there. */
export function publicKey() {
  return z.string({ error: ALLOWED_KEYS });
}

/** A part of the configuration with known keys; any other key is an error. */
export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, { error: `a section with the keys ${Object.keys(shape).join(', ')}` });
}

/** The word by which a section says which keys it has. */
export function kind<const Name extends string>(name: Name) {
  return z.literal(name, { error: name });
}

/** A section whose other keys depend on its `kind`. */
export function oneKindOf<Schema extends z.ZodObject<{ readonly kind: z.ZodLiteral<string> }>>(
  schemas: readonly Schema[],
) {
  const names = schemas.map(({ shape }) => shape.kind.value).join(' or ');
  return z.discriminatedUnion('kind', schemas as readonly [Schema, ...Schema[]], {
    error: ({ code }: { readonly code: string }) =>
      code === 'invalid_union' ? names : `a section whose kind is ${names}`,
  });
}
