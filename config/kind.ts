import type { z } from 'zod';
import type { Path } from './problems';
import { at, type Broken } from './raw-section';

/** The keys of one kind; its `kind` is the word by which a file chooses it. */
export type KindSchema = z.ZodObject<{ readonly kind: z.ZodLiteral<string> }>;

/** One of the forms that a section of the configuration may have: all that the configuration knows of it. */
export interface Kind<Schema extends KindSchema = KindSchema> {
  readonly schema: Schema;
  /** What is wrong between fields that are right by themselves; of fields that are wrong or missing it says nothing. */
  rules(section: unknown, path: Path): readonly Broken[];
  /** What it lacks for the signer that the log wants for its next shards; absent for a kind that runs no Rekor. */
  signerRules?(section: unknown, path: Path, nextSigner: unknown): readonly Broken[];
  /**
   * What is wrong with the Services between which a gate is inserted for a rotation; absent for a kind that has no Services.
   *
   * @param path of the gate's section.
   */
  insertionRules?(section: unknown, gate: unknown, path: Path): readonly Broken[];
  /**
   * What it asks of the time in which writes wait; absent for a kind that asks nothing.
   *
   * @param path of that field.
   */
  sectionRules?(section: unknown, criticalSectionMs: number, path: Path): readonly Broken[];
  /** Why such a section needs a write gate, where it does; absent for a kind that never goes without one. */
  readonly whyGate?: (section: unknown) => string | undefined;
  /** The fields, from the section, that hold an address, URL or file which no other field may have. */
  ownPlaces(section: unknown): readonly Path[];
}

/** The kind that a section chooses. */
export function chosenKind(kinds: readonly Kind[], section: unknown): Kind | undefined {
  return kinds.find(({ schema }) => schema.shape.kind.safeParse(at(section, ['kind'])).success);
}
