import {type ShellCommand, shellCommands, withVariables} from '../audit/commands/shell.ts';
import type {MaintenanceFile} from '../audit/maintenance.ts';
import {defined} from '../defined.ts';

/** A line of a crontab that starts something. */
export type CronLine = {
	file: string;
	/** The number of the line, from 1. */
	at: number;
	line: string;
	/** `25 3 * * 0`, `@daily` */
	expression: string;
	/** Absent in a crontab of one user. */
	user?: string;
	/** What CRON_TZ says above it. @see crontab(5) of cronie */
	zone?: string;
	commands: ShellCommand[];
};

/**
 * @see crontab(5): NAME=VALUE lines, `@daily`, the user of a line in /etc/crontab and /etc/cron.d, and an unescaped % that ends
 * the command; Alpine's /etc/crontabs are crontabs of users
 */
export function cronLinesIn({path, text}: Pick<MaintenanceFile, 'path' | 'text'>): CronLine[] {
	const hasUser = path === '/etc/crontab' || path.startsWith('/etc/cron.d/');
	const assignments: string[] = [];
	let zone: string | undefined;

	return text.split('\n').flatMap((whole, n): CronLine[] => {
		const line = whole.trim();
		const [, name, value = ''] = /^([A-Za-z_]\w*)\s*=\s*(.*)$/.exec(line) ?? [];
		if (name !== undefined) {
			const bare = value.replace(/^(["'])(.*)\1$/, '$2');
			zone = name === 'CRON_TZ' ? bare : zone;
			assignments.push(`${name}='${bare.replaceAll("'", '')}'`);
			return [];
		}

		// cronie and SUSE: a minus before the minute keeps the line out of the log.
		const [, expression, rest = ''] = /^-?(@\w+|(?:\S+\s+){4}\S+)\s+(.*)$/.exec(line) ?? [];
		if (expression === undefined || line.startsWith('#')) {
			return [];
		}

		const [, user, command = rest] = (hasUser && /^(\S+)\s+(.*)$/.exec(rest)) || [];
		const shell = command.replace(/(?<!\\)%.*$/, '').replaceAll('\\%', '%');
		const commands = withVariables(shellCommands([...assignments, shell].join('\n')))
			.filter(({at}) => at > assignments.length)
			.map(each => ({...each, at: n + 1, line}));
		return [{file: path, at: n + 1, line, expression, commands, ...defined({user, zone})}];
	});
}
