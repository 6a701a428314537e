import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { upsertSearchAttributes } from '@temporalio/workflow';
import type { Progress } from './messages';
import { cutFor } from './model/fitting';
import { searchAttributes, type SearchAttribute } from './model/search-attributes';

/** Keeps what a list of workflows shows of a rotation in Temporal's search attributes. */
export class ShownAttributes {
  readonly #registered: ReadonlySet<string>;
  readonly #shown = new Map<SearchAttribute, string>();

  /** @param registered those that the namespace has; no other is ever set. */
  constructor(registered: readonly string[]) {
    this.#registered = new Set(registered);
  }

  /** Sets those that have changed. */
  show({ log, phase, result }: Pick<Progress, 'log' | 'phase' | 'result'>): void {
    const serves = result?.outcome === 'completed' || result?.outcome === 'superseded';
    const activeTree = serves ? result.nextTree?.treeId : result?.currentTree?.treeId;
    const values: Readonly<Record<SearchAttribute, string | undefined>> = {
      [searchAttributes.log]: log === '' ? undefined : log,
      [searchAttributes.phase]: phase,
      [searchAttributes.outcome]: result?.outcome,
      [searchAttributes.activeTree]: activeTree,
    };
    const changed = Object.entries(values)
      .flatMap(([name, value]) =>
        value === undefined ? [] : [[name as SearchAttribute, cutFor('keyword', value)] as const],
      )
      .filter(([name, value]) => this.#registered.has(name) && this.#shown.get(name) !== value);
    if (changed.length === 0) {
      return;
    }
    changed.forEach(([name, value]) => this.#shown.set(name, value));
    upsertSearchAttributes(
      changed.map(([name, value]) => ({
        key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD),
        value,
      })),
    );
  }
}
