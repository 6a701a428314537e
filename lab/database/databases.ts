import type { LabDatabase } from './lab-database';
import { mariadb } from './mariadb';
import { postgresql } from './postgresql';

/** What Trillian may run on in a lab. */
export const databaseNames = ['postgresql', 'mariadb'] as const;

export type DatabaseName = (typeof databaseNames)[number];

export const databases: Readonly<Record<DatabaseName, LabDatabase>> = { postgresql, mariadb };
