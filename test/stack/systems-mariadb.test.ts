import { systemsOn } from './systems-on';

systemsOn('mariadb');
