import './simulated-process';
import { replaceGlobalTime } from '../../simulation/global-time';
import { WorkflowRuntime } from '../../simulation/temporal/runtime';
import { workflowBundle } from '../workflow-bundle';
import { simulatedTemporal } from './simulated-temporal';
import { WorldLog, type LogOptions } from './world-log';

export { undos, type Act, type When } from './acts';
export { CURRENT_TREE, FIRST_TREE, type LogOptions } from './world-log';

replaceGlobalTime();
const runtime = WorkflowRuntime.load(workflowBundle());

/** A log whose Temporal is simulated, too: everything happens in virtual time. */
export class SimulatedLog extends WorldLog {
  constructor(options: LogOptions = {}) {
    super(options, { temporal: simulatedTemporal, runtime });
  }
}
