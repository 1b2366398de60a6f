import {jobsOf} from '../audit/commands/jobs.ts';
import {evidence} from '../audit/hazard.ts';
import {nextCalendarTime} from './calendar-time.ts';
import type {CleanerKind} from './cleaner-kind.ts';
import {cleanerScripts, cleaningIn, startedBy} from './cleaning.ts';
import {type HostZone, nextCronStart} from './cron-time.ts';
import {type CronLine, cronLinesIn} from './crontab.ts';
import type {HostCrontab, HostNow, HostTimer} from './host-now.ts';
import {nextOfLoop} from './loop.ts';
import type {KnownCleaners, WaitingLoop} from './running.ts';
import {byCommand, type Suspension, suspendInside, suspendLine, suspendLoop} from './suspension.ts';

/** Something that will clean this store. */
export type NextStart = {
	kind: CleanerKind;
	/** `crontab -l`, `/etc/cron.d/registry`, `registry-gc.timer`, `container registry-gc`, `process 812` */
	file: string;
	/** The number of the line, from 1. */
	at?: number;
	/** What is started, without secrets. */
	line: string;
	/** ISO 8601, by the clock of the one that looks. Absent: at an unknown time; `why` says it. */
	starts?: string;
	why?: string;
	suspend: Suspension;
};

type Moment = {
	/** By the host's clock, in seconds since 1970. */
	clock: number;
	zone: HostZone;
	skewMs: number;
};

/** The nearest first; those at an unknown time last. */
export function nextStartsOf(
	now: HostNow,
	loops: readonly WaitingLoop[],
	known: KnownCleaners,
	skewMs: number,
): NextStart[] {
	const moment = {clock: now.clock, zone: now.zone, skewMs};
	const next = [
		...crontabsOf(now).flatMap(file =>
			cronLinesIn(file).flatMap(line =>
				file.inside === undefined
					? ofCronLine(line, now, known, moment)
					: ofContainersLine(line, file.inside, {now, known, moment}),
			),
		),
		...ofTimers(now, known, moment),
		...loops.map(loop => ofLoop(loop, now, moment)),
	];
	return next.sort((one, other) => (one.starts ?? 'unknown').localeCompare(other.starts ?? 'unknown'));
}

/** The crontab of the login is found twice, by `crontab -l` and in the spool, where the login may read that. */
function crontabsOf({crontabs}: HostNow): HostNow['crontabs'] {
	const own = crontabs.find(({path}) => path === 'crontab -l');
	const body = (text: string) => text.replace(/^#.*\n/gm, '').trim();
	return crontabs.filter(
		file => file === own || own === undefined || file.inside !== undefined || body(file.text) !== body(own.text),
	);
}

function ofCronLine(
	line: CronLine,
	{hasAnacron, playedBy}: HostNow,
	known: KnownCleaners,
	moment: Moment,
): NextStart[] {
	const kind = cleaningIn(line.commands, known) ?? startedBy(line.commands, known.scripts) ?? ofUnits(line, known);
	if (kind === undefined) {
		return [];
	}

	const {file, at, expression} = line;
	const isAnacrons = hasAnacron && line.commands.some(({argv}) => argv.some(word => /(?:^|\/)anacron$/.test(word)));
	const zone = line.zone === undefined ? moment.zone : {...moment.zone, name: line.zone};
	const starts =
		file === '/etc/anacrontab' || isAnacrons
			? undefined
			: nextCronStart(expression, {after: moment.clock * 1000, zone});
	return [
		{
			kind,
			file,
			at,
			line: evidence(line.line),
			...(starts === undefined ? {why: whyUnknown(line, isAnacrons)} : {starts: iso(starts + moment.skewMs)}),
			suspend: suspendLine(line, playedBy),
		},
	];
}

/** A line of the crontab of a crond in a container: its own scripts, its own time zone, and stopped with it. */
function ofContainersLine(
	line: CronLine,
	{container: id, zone}: NonNullable<HostCrontab['inside']>,
	{now, known, moment}: {now: HostNow; known: KnownCleaners; moment: Moment},
): NextStart[] {
	const files = (now.scripts ?? [])
		.filter(({container}) => container === id)
		.map(({path, text}) => ({path, text, kind: 'script' as const, cut: false}));
	const inside = {...known, files, scripts: cleanerScripts(files, known)};
	const container = now.containers.find(each => each.id === id);
	const name = container?.name ?? id.slice(0, 12);
	return ofCronLine(line, {...now, hasAnacron: false}, inside, {...moment, zone: {name: zone, offsetMinutes: 0}}).map(
		next => ({
			...next,
			file: `container ${name}:${line.file}`,
			suspend: suspendInside(line, {name, container, now}),
		}),
	);
}

/** A crontab may start a unit: `systemctl start registry-gc`. */
function ofUnits({commands}: CronLine, known: KnownCleaners): CleanerKind | undefined {
	const started = commands.filter(
		({argv}) => argv.includes('systemctl') && argv.some(word => /^(?:re)?start$/.test(word)),
	);
	const units = cleaningUnits(known);
	return started
		.flatMap(({argv}) => argv)
		.map(word => units.get(word) ?? units.get(`${word}.service`))
		.find(kind => kind !== undefined);
}

function whyUnknown({file, expression}: CronLine, isAnacrons: boolean): string {
	if (file === '/etc/anacrontab' || isAnacrons) {
		return 'anacron starts it, some time after the machine was started or the day began';
	}

	return expression === '@reboot' ? 'whenever the host is started' : `"${expression}" is not understood`;
}

/** The services of the host that clean, by the name of their unit. */
function cleaningUnits(known: KnownCleaners): Map<string, CleanerKind> {
	return new Map(
		known.files
			.filter(({kind}) => kind === 'unit')
			.flatMap(file => {
				const kind = jobsOf(file)
					.map(job => cleaningIn(job, known) ?? startedBy(job, known.scripts))
					.find(each => each !== undefined);
				// A drop-in belongs to the unit whose folder it is in.
				const name = /\/([^/]+\.service)(?:\.d\/[^/]+\.conf)?$/.exec(file.path)?.[1];
				return kind === undefined || name === undefined ? [] : [[name, kind] as const];
			}),
	);
}

function ofTimers({timers}: HostNow, known: KnownCleaners, moment: Moment): NextStart[] {
	const units = cleaningUnits(known);
	return timers.flatMap((timer): NextStart[] => {
		const {unit, activates, isUser} = timer;
		const next = timer.next ?? nextByCalendar(timer, moment);
		// An instance of a template: gc@private.service.
		const kind = units.get(activates) ?? units.get(activates.replace(/@[^.]*\./, '@.'));
		return kind === undefined
			? []
			: [
					{
						kind,
						file: unit,
						line: activates,
						...(next === undefined
							? {why: 'systemd names no time: it counts from the end of the run before'}
							: {starts: iso(next * 1000 + moment.skewMs)}),
						suspend: byCommand({program: 'systemctl', name: unit, ...(isUser ? {isUser: true} : {})}),
					},
				];
	});
}

/** While what a timer starts runs, systemd names no next time. In seconds since 1970. */
function nextByCalendar({calendar = []}: HostTimer, {clock, zone}: Moment): number | undefined {
	const times = calendar.flatMap(expression => nextCalendarTime(expression, {after: clock * 1000, zone}) ?? []);
	return times.length === 0 ? undefined : Math.min(...times) / 1000;
}

function ofLoop({shell, loop, child}: WaitingLoop, now: HostNow, {skewMs}: Moment): NextStart {
	const container = now.containers.find(({id}) => id === shell.container);
	const starts = child === undefined ? undefined : nextOfLoop(loop, child);
	return {
		kind: loop.kind,
		file: container === undefined ? `process ${shell.pid}` : `container ${container.name}`,
		line: evidence(loop.line),
		...(starts === undefined
			? {why: child === undefined ? 'it works now, and sleeps after that' : 'it does not say how long it sleeps'}
			: {starts: iso(starts * 1000 + skewMs)}),
		suspend: suspendLoop(shell, container, now),
	};
}

function iso(milliseconds: number): string {
	return new Date(Math.round(milliseconds)).toISOString();
}
