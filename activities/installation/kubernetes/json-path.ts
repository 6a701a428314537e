import { isJsonObject, isList, type Json, type JsonObject } from '../../clients/kubernetes/exact-json';

/** Where something stands in an object: one member's name or position after the other. */
export type JsonPath = readonly (string | number)[];

/** What stands there; undefined where nothing does. */
export function valueAt(json: Json | undefined, ...path: JsonPath): Json | undefined {
  let found = json;
  for (const step of path) {
    if (typeof step === 'number') {
      found = isList(found) ? found[step] : undefined;
    } else {
      found = isJsonObject(found) && Object.hasOwn(found, step) ? found[step] : undefined;
    }
  }
  return found;
}

/** The text there; undefined for anything else. */
export function textAt(json: Json | undefined, ...path: JsonPath): string | undefined {
  const found = valueAt(json, ...path);
  return typeof found === 'string' ? found : undefined;
}

/** The list there; an empty one for anything else. */
export function listAt(json: Json | undefined, ...path: JsonPath): readonly Json[] {
  const found = valueAt(json, ...path);
  return isList(found) ? found : [];
}

/** The object there; an empty one for anything else. */
export function objectAt(json: Json | undefined, ...path: JsonPath): JsonObject {
  const found = valueAt(json, ...path);
  return isJsonObject(found) ? found : {};
}

/** The whole number there; undefined for anything else. */
export function numberAt(json: Json | undefined, ...path: JsonPath): number | undefined {
  const found = valueAt(json, ...path);
  return typeof found === 'number' && Number.isInteger(found) ? found : undefined;
}

/** The members of an object that are texts. */
export function textsOf(json: JsonObject): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(json).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}

/** An object without some of its members. */
export function without(json: JsonObject, ...names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(json).filter(([name]) => !names.includes(name)));
}

/** The same object with another value there; what leads there must be there already. */
export function withValueAt(json: Json | undefined, [step, ...rest]: JsonPath, value: Json): Json {
  if (step === undefined) return value;
  if (typeof step === 'number') {
    return listFrom(json).map((item, position) =>
      position === step ? withValueAt(item, rest, value) : item,
    );
  }
  return { ...objectAt(json), [step]: withValueAt(objectAt(json)[step], rest, value) };
}

function listFrom(json: Json | undefined): readonly Json[] {
  return isList(json) ? json : [];
}
