import type {Maintenance, MaintenanceFile} from '../../src/domain/audit/maintenance.ts';
import {assessHold, type Hold} from '../../src/domain/hold/hold.ts';
import type {HostNow, HostProcess} from '../../src/domain/hold/host-now.ts';

export const store = '/srv/registry';

/** Seconds since 1970 of a time in UTC. */
export const clock = (time: string) => Date.parse(time) / 1000;

/** A host where nothing runs and nothing is planned. */
export function hostNow(more: Partial<HostNow> = {}): HostNow {
	return {
		clock: clock('2026-04-18T12:00:30Z'),
		zone: {name: 'Etc/UTC', offsetMinutes: 0},
		processes: [],
		containers: [],
		crontabs: [],
		timers: [],
		hasAnacron: false,
		gaps: [],
		...more,
	};
}

let lastPid = 1000;

export function process(argv: string[], more: Partial<HostProcess> = {}): HostProcess {
	return {pid: ++lastPid, parent: 1, argv, started: clock('2026-04-18T11:00:00Z'), ...more};
}

export function script(path: string, text: string, kind: MaintenanceFile['kind'] = 'script'): MaintenanceFile {
	return {path, kind, text, cut: false};
}

/** What is known of the store at /srv/registry on this host. */
export function holdOf(
	now: Partial<HostNow>,
	{files = [], running = [], host}: {files?: MaintenanceFile[]; running?: Maintenance['running']; host?: string} = {},
): Hold {
	const at = hostNow(now);
	return assessHold({root: store, files, running, gaps: []}, at, {host, looked: at.clock * 1000});
}
