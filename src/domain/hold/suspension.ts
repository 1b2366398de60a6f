import {evidence} from '../audit/hazard.ts';
import type {CronLine} from './crontab.ts';
import type {HostContainer, HostNow} from './host-now.ts';
import {cleaningProgram} from './program.ts';
import type {WaitingLoop} from './running.ts';

/** How a next start is suspended, and how that is undone. `command`: typed at a gate; the words of the program and its arguments. */
export type Suspension =
	| {kind: 'command'; program: 'systemctl' | 'docker' | 'podman'; name: string; isUser?: true}
	| {kind: 'by-hand'; how: string; undo: string};

/** @param playedBy a rehearsal has no crontab of a user: every file of its host is edited where it lies */
export function suspendLine({file, at, line}: CronLine, playedBy: string | undefined): Suspension {
	const [, spooled] = /^\/var\/spool\/cron\/(?:crontabs\/|tabs\/)?([^/]+)$/.exec(file) ?? [];
	const where =
		playedBy !== undefined
			? `line ${at} of ${playedBy}${file} (it plays the host's ${file} in this rehearsal)`
			: file === 'crontab -l'
				? `line ${at}, with crontab -e`
				: spooled === undefined
					? `line ${at} of ${file}, in an editor as root`
					: `line ${at}, with crontab -u ${spooled} -e as root`;
	const shown = evidence(line);
	return {
		kind: 'by-hand',
		how: `Put # before ${where}: ${shown}`,
		undo: `Take the # away again before ${where}: ${shown}`,
	};
}

/** A line of the crontab of a crond in a container: it ends with its container, unless that serves the registry as well. */
export function suspendInside(
	{file, at, line}: CronLine,
	{name, container, now}: {name: string; container: HostContainer | undefined; now: HostNow},
): Suspension {
	const where = `before line ${at} of ${file}: ${evidence(line)}`;
	return container === undefined || servesIn(container.id, now)
		? {
				kind: 'by-hand',
				how: `In the container ${name}, put # ${where}`,
				undo: `In the container ${name}, take the # away again ${where}`,
			}
		: byCommand({program: container.engine, name});
}

export function suspendLoop(
	{pid, unit, container: id}: WaitingLoop['shell'],
	container: HostNow['containers'][number] | undefined,
	now: HostNow,
): Suspension {
	if (container !== undefined) {
		const {name, engine} = container;
		return servesIn(id, now)
			? {
					kind: 'by-hand',
					how: `The container ${name} also runs the registry: stopping it stops that. End only the loop: kill ${pid}`,
					undo: `Restart the container ${name}: that starts the loop again.`,
				}
			: byCommand({program: engine, name});
	}

	if (unit !== undefined && !/^(?:user@|ssh|cron)/.test(unit.name)) {
		return byCommand({program: 'systemctl', name: unit.name, ...(unit.isUser ? {isUser: true} : {})});
	}

	return {
		kind: 'by-hand',
		how: `End the loop on the host: kill ${pid}`,
		undo: 'Start the loop again, as it was started before.',
	};
}

/** A name that a shell could read as anything else is left to a person. */
export function byCommand(command: {
	program: 'systemctl' | 'docker' | 'podman';
	name: string;
	isUser?: true;
}): Suspension {
	const {program, name} = command;
	return /^[A-Za-z0-9][A-Za-z0-9._:@-]*$/.test(name)
		? {kind: 'command', ...command}
		: {kind: 'by-hand', how: `Stop it with ${program}: ${name}`, undo: `Start it again with ${program}: ${name}`};
}

function servesIn(container: string | undefined, {processes}: HostNow): boolean {
	return processes.some(each => each.container === container && isServing(each.argv));
}

function isServing(argv: readonly string[]): boolean {
	return argv.includes('serve') && cleaningProgram([argv[0] ?? '', 'garbage-collect']) !== undefined;
}
