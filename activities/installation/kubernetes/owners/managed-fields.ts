import { writeExactJson } from '../../../clients/kubernetes/exact-json';
import type { KubernetesObject } from '../../../clients/kubernetes/objects';
import { listAt, textAt, valueAt } from '../json-path';

/** Who has written fields of an object, as the API server notes it (`metadata.managedFields`). */
export interface FieldManager {
  readonly name: string;
  /** `Apply`: server-side, which keeps a field only as long as nobody else gives it another value. */
  readonly operation: 'Apply' | 'Update';
  /** Whether it was the last to give a field its value. The path is one of fields and list keys. */
  owns(...path: readonly FieldStep[]): boolean;
}

/** A field's name, or which item of a list that has keys. */
export type FieldStep = string | { readonly name: string };

/** Those that have written the object itself; its status is another matter. */
export function fieldManagers(object: KubernetesObject): readonly FieldManager[] {
  return listAt(object, 'metadata', 'managedFields').flatMap((entry) => {
    const [name, operation] = [textAt(entry, 'manager'), textAt(entry, 'operation')];
    if (name === undefined || (operation !== 'Apply' && operation !== 'Update')) return [];
    if (textAt(entry, 'subresource') !== undefined) return [];
    return [
      {
        ...{ name, operation },
        owns: (...path) => valueAt(entry, 'fieldsV1', ...path.map(stepIn)) !== undefined,
      } satisfies FieldManager,
    ];
  });
}

/** As the API server writes it (kubernetes-sigs/structured-merge-diff: fieldpath/serialize-pe.go). */
function stepIn(step: FieldStep): string {
  return typeof step === 'string' ? `f:${step}` : `k:${writeExactJson({ name: step.name })}`;
}
