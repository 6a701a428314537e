import { otherDatabasesOn } from './other-database-on';

otherDatabasesOn('postgresql');
