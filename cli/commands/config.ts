import { loadConfiguration } from '../../config/load';
import { configurationInForce } from '../../config/in-force';
import { jsonSchema } from '../../config/schema';
import { temporalTarget } from '../../config/temporal-target';
import { exitCodes } from '../exit-codes';
import type { Terminal } from '../terminal';

/** `config check`: everything that is wrong, or everything that is in force. Reads no secret, calls nobody. */
export async function check(options: { readonly config?: string }, terminal: Terminal): Promise<number> {
  const configuration = loadConfiguration(options.config);
  const target = await temporalTarget(configuration.temporal);
  terminal.out(configurationInForce(configuration, target).trimEnd());
  terminal.err('The configuration is valid.');
  return exitCodes.done.code;
}

/** `config schema`: the JSON Schema that editors check with. */
export function schema(terminal: Terminal): number {
  terminal.out(JSON.stringify(jsonSchema(), null, 2));
  return exitCodes.done.code;
}
