import type {Maintenance} from '../audit/maintenance.ts';
import {settingsIn} from '../audit/registries/registry-settings.ts';
import {cleanerScripts} from './cleaning.ts';
import type {HostNow} from './host-now.ts';
import {type NextStart, nextStartsOf} from './next-starts.ts';
import {cleanersIn, type RunningCleaner, sayFound} from './running.ts';

/** Who takes things out of a store now, and who will next. */
export type Hold = {
	/** When it was looked, ISO 8601. */
	looked: string;
	running: RunningCleaner[];
	/** The nearest first; those at an unknown time last. */
	next: NextStart[];
	/** What could not be looked at. */
	gaps: string[];
};

/** @param looked milliseconds since 1970, by the clock of the one that looks; the host's may be another */
export function assessHold(
	maintenance: Pick<Maintenance, 'files' | 'running' | 'root' | 'gaps'>,
	now: HostNow,
	{host, looked}: {host?: string | undefined; looked: number},
): Hold {
	const {registries} = settingsIn(maintenance);
	const store = {store: maintenance.root, registries};
	const known = {...store, host, files: maintenance.files, scripts: cleanerScripts(maintenance.files, store)};
	const ahead = looked - now.clock * 1000;
	// The host's clock is read in whole seconds, and some time before it arrives here.
	const skewMs = Math.abs(ahead) < 30_000 ? 0 : ahead;
	const {running, loops} = cleanersIn(now.processes, known);
	return {
		looked: new Date(looked).toISOString(),
		running: running.map(found => sayFound(found, now, skewMs)),
		next: nextStartsOf(now, loops, known, skewMs),
		gaps: [...new Set([...now.gaps, ...maintenance.gaps.filter(gap => /cron/.test(gap))])],
	};
}

/** Whether what was read between two looks may have changed under the reading. @param began milliseconds since 1970 */
export function wasDisturbed(before: Hold, after: Hold): boolean {
	const fromTo = (time: string | undefined) => time !== undefined && time >= before.looked && time <= after.looked;
	return before.running.length > 0 || after.running.length > 0 || before.next.some(({starts}) => fromTo(starts));
}
