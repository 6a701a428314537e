import { systemsOn } from './systems-on';

systemsOn('postgresql');
