import { KubeConfig } from '@kubernetes/client-node';

/** Loads a package without a CommonJS form into the process that it is given to by `--require`. */
console.error(`client-node is loaded: ${new KubeConfig().contexts.length} contexts`);
