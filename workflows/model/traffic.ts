import { sameUrl } from './base-url';
import type { Refusal } from './refusals';

/** What decides which instances clients reach: write gates, or a Service alone, which holds no write. */
export type TrafficKind = 'gate' | 'service';

/** What a plan has to know of the traffic of a log: what decides which instances clients reach. */
export interface FoundTraffic {
  /** Base URLs of the instances that clients are sent to. */
  readonly instances: readonly string[];
  /** Of the last order that it followed. */
  readonly number: number;
  readonly holding: boolean;
  /** Absent in what was recorded before there was any other. */
  readonly by?: TrafficKind;
  /** It sends no writes, or knows other shards. */
  readonly alarms?: readonly Refusal[];
  readonly words: TrafficWords;
}

/** What a plan says of traffic, in words for people. */
export interface TrafficWords {
  /** What the steps hold and expose do. */
  readonly hold: string;
  readonly expose: string;
  /** Which writes fail, and how many of them to expect, in whole sentences; null where none has to. */
  readonly fails: string | null;
}

/** Whether clients are sent to a release: to any of its addresses, in whatever spelling. */
export function sendsTo(instances: readonly string[], release: readonly string[]): boolean {
  return release.some((address) => instances.some((instance) => sameUrl(instance, address)));
}

/** What gives and follows orders there, in words that begin a sentence. */
export function trafficInWords({ by = 'gate' }: { readonly by?: TrafficKind }): string {
  return by === 'gate' ? 'The gate' : 'The Lease of the log';
}
