/** What a person does in an editor: each setting that is missing gets the value of its example. */
export function filledIn(yaml: string): string {
  return yaml.replaceAll(/^( *)#(?=\S)/gm, '$1');
}
