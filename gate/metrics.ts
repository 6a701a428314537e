import type { ServerResponse } from 'node:http';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Clock } from './clock';
import { gateModes, type GateState } from './messages';
import type { Readiness } from './readiness';
import type { Waiting } from './waiting';
import { refusedBecause, type WriteCounts } from './write-counts';

/** `write`: makes an entry (paths.ts). `read`: everything else. */
export type RequestKind = 'read' | 'write';
const kinds = ['read', 'write'] as const satisfies readonly RequestKind[];

/** The class of an answer's status; `other` is no status of HTTP, `none` no whole answer: its client left, or it broke. */
const statusClasses = ['2xx', '3xx', '4xx', '5xx', 'other', 'none'] as const;
type StatusClass = (typeof statusClasses)[number];
/** By the first digit. */
const classes: Readonly<Record<number, StatusClass>> = { 2: '2xx', 3: '3xx', 4: '4xx', 5: '5xx' };

/** In seconds. A read of Rekor takes some milliseconds, a write a pass of the signer, and a held one 3.5 s more at most. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

interface MetricsParts {
  readonly counts: WriteCounts;
  readonly waiting: Pick<Waiting, 'count' | 'keptBytes' | 'oldestMs'>;
  readonly readiness: Pick<Readiness, 'stateFault'>;
  readonly clock: Clock;
  readonly state: () => GateState;
  /** How many bodies of writes come in now. */
  readonly uploads: () => number;
}

/** What is counted of one kind of request. */
interface OfKind {
  inFlight: number;
  readonly answered: Record<StatusClass, number>;
  readonly duration: Histogram.Internal<'kind'>;
}

/** What the gate tells Prometheus. No label has a value that a client chooses. docs/gate.md lists every name. */
export class GateMetrics {
  readonly #registry = new Registry();
  readonly #clock: Clock;
  readonly #ofKind: Readonly<Record<RequestKind, OfKind>>;
  #brokenReads = 0;

  constructor({ counts, waiting, readiness, clock, state, uploads }: MetricsParts) {
    this.#clock = clock;
    const registers = [this.#registry];
    const named = (name: string, help: string) => ({
      ...{ name: `rekor_rotate_gate_${name}`, help },
      registers,
    });
    const durations = new Histogram({
      ...named('request_duration_seconds', 'From the headers of a request to the end of its answer'),
      labelNames: ['kind'],
      buckets: BUCKETS,
    });
    const ofKind = (kind: RequestKind): OfKind => {
      const answered = { '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0, other: 0, none: 0 };
      // A series that is there from the start has a rate from its first request on.
      durations.zero({ kind });
      return { inFlight: 0, answered, duration: durations.labels({ kind }) };
    };
    this.#ofKind = { read: ofKind('read'), write: ofKind('write') };

    const counter = (name: string, help: string, count: () => number): Counter =>
      new Counter({
        ...named(name, help),
        collect() {
          this.reset();
          this.inc(count());
        },
      });
    const gauge = (name: string, help: string, value: () => number): Gauge =>
      new Gauge({
        ...named(name, help),
        collect() {
          this.set(value());
        },
      });
    const requests = this.#ofKind;
    new Counter({
      ...named('requests_total', 'Requests of clients that have ended, by the class of the answer'),
      labelNames: ['kind', 'status'],
      collect() {
        this.reset();
        for (const kind of kinds)
          for (const status of statusClasses) this.inc({ kind, status }, requests[kind].answered[status]);
      },
    });
    new Gauge({
      ...named('requests_in_flight', 'Requests of clients whose answer has not ended'),
      labelNames: ['kind'],
      collect() {
        for (const kind of kinds) this.set({ kind }, requests[kind].inFlight);
      },
    });
    counter('writes_accepted_total', 'Writes that were answered 201', () => counts.accepted);
    counter(
      'writes_failed_total',
      'Writes that were answered 499 or 5xx, by Rekor or the gate',
      () => counts.failed,
    );
    counter('writes_held_total', 'New writes that waited in a hold', () => counts.held);
    new Counter({
      ...named('writes_refused_total', 'Writes that the gate itself answered 503, by the reason'),
      labelNames: ['reason'],
      collect() {
        this.reset();
        for (const reason of refusedBecause) this.inc({ reason }, counts.refused[reason]);
      },
    });
    counter(
      'writes_resent_total',
      'Writes that broke under a hold and were answered 201 all the same',
      () => counts.resent,
    );
    counter('writes_dropped_total', 'Writes whose client left while they waited', () => counts.dropped);
    gauge(
      'writes_in_flight',
      'Calls of writes to Rekor that have no answer yet',
      () => state().writesInFlight,
    );
    gauge('writes_waiting', 'Writes that wait in the gate now', () => waiting.count);
    gauge(
      'writes_waiting_bytes',
      'What the gate keeps of the bodies of writes that wait, in memory and on the disk',
      () => waiting.keptBytes,
    );
    gauge(
      'oldest_waiting_seconds',
      'For how long the oldest write that waits has been in the gate',
      () => waiting.oldestMs / 1000,
    );
    gauge('uploads', 'Bodies of writes that come in now', uploads);
    gauge(
      'body_memory_bytes',
      'Memory that bodies which wait or come in, and unread answers, take',
      () => state().bodyMemoryBytes,
    );
    gauge('spooled_bytes', 'Bytes of bodies in the spool directory', () => state().spooledBytes);
    const brokenCalls = { read: () => this.#brokenReads, write: () => counts.brokenCalls };
    new Counter({
      ...named('upstream_errors_total', 'Calls to Rekor that ended without a whole answer'),
      labelNames: ['kind'],
      collect() {
        this.reset();
        for (const kind of kinds) this.inc({ kind }, brokenCalls[kind]());
      },
    });
    gauge('unproven_instances', 'Instances of Rekor that are sent no write', () => state().unproven.length);
    new Gauge({
      ...named('mode', '1 for the mode that the gate is in, 0 for the others'),
      labelNames: ['mode'],
      collect() {
        for (const mode of gateModes) this.set({ mode }, Number(mode === state().mode));
      },
    });
    gauge('order_number', 'Number of the last order that the gate followed', () => state().number);
    gauge(
      'informed',
      '1 while the gate knows the last order that any gate of its log was given, else 0',
      () => Number(state().informed),
    );
    new Gauge({
      ...named(
        'state_saved',
        '1 while a gate that starts from the state file would know what this one knows, else 0',
      ),
      async collect() {
        this.set(Number((await readiness.stateFault()) === null));
      },
    });
    gauge(
      'start_time_seconds',
      'When this process began, in seconds since the epoch',
      () => counts.startedAt.getTime() / 1000,
    );
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** A request has come. What comes back is called when its answer has ended, or never will: its response has closed. */
  arrived(kind: RequestKind): (response: ServerResponse) => void {
    const of = this.#ofKind[kind];
    const arrivedAt = this.#clock.now();
    of.inFlight += 1;
    return (response) => {
      of.inFlight -= 1;
      of.duration.observe((this.#clock.now() - arrivedAt) / 1000);
      of.answered[classOf(response)] += 1;
    };
  }

  /** A call to Rekor that makes no entry has ended without a whole answer, and not because its client left. */
  readBroke(): void {
    this.#brokenReads += 1;
  }

  /** All of it in the text format of Prometheus. */
  page(): Promise<string> {
    return this.#registry.metrics();
  }
}

function classOf({ statusCode, writableFinished }: ServerResponse): StatusClass {
  if (!writableFinished) return 'none';
  return classes[Math.floor(statusCode / 100)] ?? 'other';
}
